"""A service and a configuration item as values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.directory.roles import GroupTier
from gateway.errors import Flaw
from gateway.vocabulary import Criticality

Written = Mapping[str, Mapping[str, str]]
"""Targets as people write them: by priority and clock, such as {"1": {"overall": "15m"}}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service; groups are slugs, "" for none. `policy` and `targets` win over what the policy rules say."""

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
    targets: Written
    aliases: tuple[str, ...] = ()
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    def support(self, tier: GroupTier) -> str:
        """The group that supports it at this tier, "" for none."""
        return {GroupTier.DESK: self.desk_group, GroupTier.TIER2: self.tier2_group, GroupTier.TIER3: self.tier3_group}[tier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ci:
    """One configuration item; it fails when one of `depends_on` (upstream) fails, and `dependents` (downstream) with it."""

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
class Hit:
    """A configuration item that an outage reaches, `depth` steps down."""

    name: str
    kind: str
    service: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A configuration item to write; `at` is where it stood in what was sent, for whoever has to correct it."""

    name: str
    kind: str
    service: str
    attributes: Mapping[str, str]
    depends_on: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    at: str = ""

    def flaw(self, field: str, detail: str) -> Flaw:
        """Something wrong with a field of it."""
        pointer, _, line = self.at.partition("#")
        return Flaw(f"{pointer}/{field}", f"line {line}: {detail}" if line else detail)
