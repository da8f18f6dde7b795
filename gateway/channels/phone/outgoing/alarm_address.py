"""The addresses at which telephone systems ask what a call of the gateway says."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.public_address import public_address
from gateway.notify.call_tokens import CallSubject, CallTokens


@dataclass(frozen=True, slots=True)
class AlarmAddresses:
    """The addresses of one telephone system; `base` ends before the name of the event."""

    base: str
    key: str
    tokens: CallTokens

    @classmethod
    def of(cls, parts: ChannelParts, slug: str, key: str) -> Self:
        """Return the addresses of a system that shows the key of an integration."""
        base = f"{public_address(parts.settings)}/ingest/phone/{slug}"
        return cls(base, key, CallTokens(parts.secrets))

    def at(self, event: str) -> str:
        """Return the address of an event."""
        return f"{self.base}/{event}/{self.key}"

    def alarm(self, subject: CallSubject) -> str:
        """Return the address of what is said about a record, with a token for that call alone."""
        query = urlencode({"step": "alarm", "about": self.tokens.make(subject)})
        return f"{self.at('alarm')}?{query}"
