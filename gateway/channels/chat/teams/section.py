"""The settings of Microsoft Teams: `[notify.teams]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import API, ChannelSection
from gateway.errors import Flaw

WITH_QUERY = 2_048
"""The most characters of a workflow's address."""


class TeamsSection(ChannelSection, frozen=True):
    """Workflows that post in Teams, by name, each with its address; without one it is off.

    The address holds the signature by which the workflow knows who calls: it is a secret.
    """

    workflows: dict[str, str] = {}
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield workflows without a name or an address of the web."""
        for name, address in self.workflows.items():
            if not API.match(address) or len(address) > WITH_QUERY:
                yield Flaw(
                    f"/workflows/{name}", "the address that the workflow shows: https://…&sig=…"
                )

    def find_objection(self, address: str) -> str:
        """Return why an address is no workflow, "" if it is one."""
        return "" if address in self.workflows else f"there is no notify.teams.workflows.{address}"


SECTION = TeamsSection
