"""The settings of Bark: `[notify.bark]`. Pure."""

import re
from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_api_flaw
from gateway.errors import Flaw

DEVICE = re.compile(r"[A-Za-z0-9]{8,64}", re.ASCII)
KEY_BYTES = (16, 24, 32)


class BarkSection(ChannelSection, frozen=True):
    """A server of Bark, of one's own or the public one; without an address the channel is off.

    With `encryption_key` what messages say is encrypted (AES-CBC) for the app that has the same
    key.
    """

    address: str = ""
    encryption_key: str = ""
    group: str = "gateway"
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and a key of another length."""
        if self.address:
            yield from find_api_flaw("/address", self.address, "https://api.day.app")
        if self.encryption_key and (
            not self.encryption_key.isascii() or len(self.encryption_key) not in KEY_BYTES
        ):
            yield Flaw("/encryption_key", "has 16, 24 or 32 characters, as the app's has")

    def find_objection(self, address: str) -> str:
        """Return why an address is no device key, "" if it is one."""
        return "" if DEVICE.fullmatch(address) else "is no device key: the app shows it in its URL"


SECTION = BarkSection
