"""The settings of Apprise: `[notify.apprise]`. Pure."""

import re
from collections.abc import Iterator
from importlib.util import find_spec

from gateway.channels.channel_section import ChannelSection
from gateway.errors import Flaw

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://\S{1,2000}")


class AppriseSection(ChannelSection, frozen=True):
    """Addresses of other services by name, as Apprise writes them; without one it is off.

    Only the settings name addresses: the library calls them itself, unguarded.
    """

    urls: dict[str, str] = {}

    def flaws(self) -> Iterator[Flaw]:
        """Yield texts that are no address, and a library that is not installed."""
        for name, address in self.urls.items():
            if not ADDRESS.fullmatch(address):
                yield Flaw(f"/urls/{name}", "an address of Apprise, such as pover://USER@TOKEN")
        if self.urls and find_spec("apprise") is None:
            yield Flaw("/urls", "needs the library: pip install -r requirements-apprise.txt")

    def find_objection(self, address: str) -> str:
        """Return why an address is no service, "" if it is one."""
        return "" if address in self.urls else f"there is no notify.apprise.urls.{address}"


SECTION = AppriseSection
