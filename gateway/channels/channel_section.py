"""The base of the settings of vendors: the section of each is in the folder of its channel. Pure.

The folder's name is that of the section: `gateway/channels/chat/slack/section.py` holds
`[notify.slack]`.
"""

import re
from collections.abc import Iterator
from typing import Self

from gateway.errors import Flaw
from gateway.settings import ChatSettings, Section, Settings
from gateway.settings.reading import UNREAD, SettingsReader

API = re.compile(r"https?://[^?#\s]+", re.ASCII)
ORIGIN = re.compile(r"https?://[^/?#\s]+", re.ASCII)


class ChannelSection(Section, frozen=True):
    """The settings of one vendor's channels; each field has a default.

    The pointers of its flaws begin below the section: `/token`.
    """

    def __repr__(self) -> str:
        """Return a text without the values, which may be secrets: it may end up in a log."""
        return f"{type(self).__name__}({', '.join(self.__struct_fields__)})"

    @classmethod
    def vendor(cls) -> str:
        """Return the name of the section, that of the folder."""
        return cls.__module__.split(".")[-2]

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Return the section as the settings have it.

        What cannot be read has its default: the gateway does not start with it.
        """
        table = settings.vendors.tables.get(cls.vendor(), {})
        reader = SettingsReader()
        reader.read(table, cls, "")
        unread = {flaw.pointer.split("/")[1] for flaw in reader.flaws}
        kept = {name: value for name, value in table.items() if name not in unread}
        section: Self = SettingsReader().read(kept, cls, "")
        return section

    @classmethod
    def find_flaws(cls, settings: Settings) -> Iterator[Flaw]:
        """Yield every flaw of the section, with the pointer of its place in the settings."""
        reader = SettingsReader()
        section = reader.read(settings.vendors.tables.get(cls.vendor(), {}), cls, "")
        found = [*reader.flaws]
        if section is not UNREAD:
            found += [*section.flaws(), *section.contradictions(settings)]
        yield from (Flaw(f"/notify/{cls.vendor()}{flaw.pointer}", flaw.detail) for flaw in found)

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with the section by itself."""
        yield from ()

    def find_objection(self, address: str) -> str:  # noqa: ARG002 - some vendors take any address
        """Return why nothing can be sent to an address, "" if nothing is wrong with it."""
        return ""

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:  # noqa: ARG002 - some vendors look at other sections
        """Yield what does not fit the other settings."""
        yield from ()

    def find_stream_flaw(self, settings: Settings, name: str, hint: str = "") -> Iterator[Flaw]:
        """Yield a flaw of a field that is empty, though the chat's mode `stream` needs it."""
        vendor = self.vendor()
        if settings.chat.get(vendor, ChatSettings()).mode == "stream" and not getattr(self, name):
            yield Flaw(f"/{name}", f"is needed for chat.{vendor}.mode = stream{hint}")

    def find_low_flaws(self, *names: str) -> Iterator[Flaw]:
        """Yield a flaw of each of these numbers that is below 1."""
        yield from (Flaw(f"/{name}", "at least 1") for name in names if getattr(self, name) < 1)


def find_api_flaw(pointer: str, address: str, shipped: str) -> Iterator[Flaw]:
    """Yield a flaw of a text that is no address; `shipped` is that of the vendor itself."""
    if not API.fullmatch(address):
        yield Flaw(pointer, f"an address such as {shipped}")


def find_origin_flaw(pointer: str, address: str, shipped: str) -> Iterator[Flaw]:
    """Yield a flaw of an address that is no origin; `shipped` is that of the vendor itself."""
    if not ORIGIN.fullmatch(address):
        yield Flaw(pointer, f"an address such as {shipped}, with nothing behind it")
