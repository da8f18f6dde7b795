"""The settings of Gotify: `[notify.gotify]`. Pure."""

import re
from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_api_flaw
from gateway.errors import Flaw

TOKEN = re.compile(r"A[A-Za-z0-9._-]{14,63}", re.ASCII)
"""The token of an application."""


class GotifySection(ChannelSection, frozen=True):
    """A server of Gotify; without an address the channel is off.

    `apps` are the tokens of applications by name, so that an address may name one of them.
    `client_token` takes messages back: that of a client of their owner.
    """

    address: str = ""
    apps: dict[str, str] = {}
    client_token: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and tokens without one or of another kind."""
        if self.address:
            yield from find_api_flaw("/address", self.address, "https://gotify.example.com")
        elif self.apps or self.client_token:
            yield Flaw("/address", "name the server that the tokens are for")
        for name, token in self.apps.items():
            if not TOKEN.fullmatch(token):
                yield Flaw(f"/apps/{name}", "the token of an application begins with A")

    def find_objection(self, address: str) -> str:
        """Return why an address is neither an application nor its token, "" if it is."""
        if address in self.apps or TOKEN.fullmatch(address):
            return ""
        return "is neither in notify.gotify.apps nor the token of an application"


SECTION = GotifySection
