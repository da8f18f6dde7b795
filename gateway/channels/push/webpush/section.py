"""The settings of Web Push: `[notify.webpush]`. Pure."""

import re
from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection
from gateway.channels.push.webpush.vapid import read_keys
from gateway.errors import Flaw
from gateway.settings import Settings

SUBJECT = re.compile(r"mailto:[^\s@<>]+@[^\s@<>]+|https://[^\s/]+\S*", re.ASCII)


class WebpushSection(ChannelSection, frozen=True):
    """Notifications in browsers of people, who subscribe them on a page of the gateway.

    `subject` is how operators of push services reach those of the gateway. `keys` are one or two
    private keys (VAPID), the newest first; without any, those in the database are used.
    """

    enabled: bool = True
    subject: str = ""
    keys: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield a subject and keys that push services do not take."""
        if self.subject and not SUBJECT.fullmatch(self.subject):
            yield Flaw("/subject", "write it as mailto:ops@example.com or https://example.com")
        try:
            read_keys(self.keys)
        except ValueError:
            yield Flaw(
                "/keys", "one or two private keys of P-256, each 32 bytes as URL-safe base64"
            )

    def contact(self, settings: Settings) -> str:
        """Return the subject, else the address of the gateway, else the sender of its mails."""
        if self.subject:
            return self.subject
        external = settings.server.external_url
        return (
            external if external.startswith("https://") else f"mailto:{settings.notify.smtp.sender}"
        )


SECTION = WebpushSection
