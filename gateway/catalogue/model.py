"""Services and configuration items as values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.directory.roles import GroupTier
from gateway.errors import Flaw
from gateway.vocabulary import Criticality

WrittenTargets = Mapping[str, Mapping[str, str]]
"""Targets as people write them, by priority and clock, such as {"1": {"overall": "15m"}}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the catalogue; groups are slugs, "" for none.

    `policy` and `targets` win over the policy rules of the configuration.
    """

    slug: str
    name: str
    description: str
    owner_group: str
    desk_group: str
    tier2_group: str
    tier3_group: str
    criticality: Criticality
    support_hours: str
    policy: str
    targets: WrittenTargets
    aliases: tuple[str, ...] = ()
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    def support(self, tier: GroupTier) -> str:
        """Return the group that supports the service at this tier, "" for none."""
        return {
            GroupTier.DESK: self.desk_group,
            GroupTier.TIER2: self.tier2_group,
            GroupTier.TIER3: self.tier3_group,
        }[tier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ci:
    """A configuration item.

    It fails when one of `depends_on` (upstream) fails, and each of `dependents` (downstream)
    fails with it.
    """

    name: str
    kind: str
    service: str
    attributes: Mapping[str, str]
    depends_on: tuple[str, ...]
    dependents: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImpactedItem:
    """A configuration item that an outage reaches, `depth` steps downstream."""

    name: str
    kind: str
    service: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CiDraft:
    """A configuration item to write; `at` is its place in the request, for reports of flaws."""

    name: str
    kind: str
    service: str
    attributes: Mapping[str, str]
    depends_on: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    at: str = ""

    def flaw(self, field: str, detail: str) -> Flaw:
        """Return a flaw of one of its fields."""
        pointer, _, line = self.at.partition("#")
        return Flaw(f"{pointer}/{field}", f"line {line}: {detail}" if line else detail)
