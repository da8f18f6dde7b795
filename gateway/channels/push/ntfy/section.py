"""The settings of ntfy: `[notify.ntfy]`. Pure."""

import re
from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_api_flaw
from gateway.errors import Flaw

TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class NtfySection(ChannelSection, frozen=True):
    """A server of ntfy, of one's own or the public one; without an address the channel is off.

    `token` is the access token of a user who may publish; without one topics are open.
    """

    address: str = ""
    token: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and a token without an address."""
        if self.address:
            yield from find_api_flaw("/address", self.address, "https://ntfy.sh")
        elif self.token:
            yield Flaw("/address", "name the server that the token is for")

    def find_objection(self, address: str) -> str:
        """Return why an address is no topic, "" if it is one."""
        return "" if TOPIC.fullmatch(address) else "is no topic: 1 to 64 letters, digits, _ and -"


SECTION = NtfySection
