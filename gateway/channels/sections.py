"""The settings of all vendors of channels, found in their folders. Pure."""

from collections.abc import Iterator, Mapping

from gateway.channels.channel_section import ChannelSection
from gateway.channels.discovery import find_modules
from gateway.errors import Flaw
from gateway.settings import Settings, find_contradictions

SECTIONS: Mapping[str, type[ChannelSection]] = {
    module.SECTION.vendor(): module.SECTION for module in find_modules("section")
}
"""The section of each vendor by its name: the `SECTION` of the module `section` of its folder."""


def find_flaws(settings: Settings) -> Iterator[Flaw]:
    """Yield the flaws of settings that can be read but not used, those of vendors among them."""
    yield from find_contradictions(settings)
    for section in SECTIONS.values():
        yield from section.find_flaws(settings)
