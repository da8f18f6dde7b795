"""Routing of a new record to a group, and to a person of it. Pure.

The first rule that matches and leads to a group decides. Without one, records that people report
go to the service's own support, at the lowest tier that has any; records that alerts open stay
at the service desk. A security incident goes only to a group of which somebody may see it, and
to nobody else of that group; if the rules lead only to others, it goes to a security officer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.catalogue.model import Service
from gateway.directory.person import Group
from gateway.directory.roles import GroupTier
from gateway.settings import Routing

PEOPLE, ALERTS = "people", "alerts"

OnShift = Callable[[Group, datetime], Sequence[str]]
"""A function that returns the members of a group who are on shift at a moment."""


def all_members(group: Group, _at: datetime) -> Sequence[str]:
    """Return every active member of the group: those on shift if there is no roster."""
    return group.members


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingCase:
    """The properties of a new record that rules match on."""

    origin: str
    kind: str
    source: str
    service: str
    category: str
    priority: int
    security: bool = False


@dataclass(frozen=True, slots=True)
class RoutingData:
    """The facts that routing decides by: active groups by slug, skills and open records by login.

    `privy` may see security incidents, `officers` are those of them who work on them.
    """

    services: Mapping[str, Service] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    skills: Mapping[str, frozenset[str]] = field(default_factory=dict)
    load: Mapping[str, int] = field(default_factory=dict)
    privy: frozenset[str] = frozenset()
    officers: frozenset[str] = frozenset()

    def may_see(self, case: RoutingCase, group: Group) -> bool:
        """Return whether anybody of a group may see the record."""
        return not case.security or not self.privy.isdisjoint(group.members)

    def least_busy(self, logins: Iterable[str]) -> str:
        """Return the login with the fewest open records."""
        return min(logins, key=lambda login: (self.load.get(login, 0), login))


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """The group and person ("" for the whole group) that a record goes to, the rule, and why."""

    group: str
    tier: GroupTier
    person: str
    rule: str
    reason: str


def decide_routing(
    case: RoutingCase,
    standing: RoutingData,
    rules: Sequence[Routing],
    on_shift: OnShift,
    at: datetime,
) -> RoutingDecision | None:
    """Return the destination of a record; None if it stays at the service desk without a group."""
    service = standing.services.get(case.service)
    kept_from = False
    for rule in rules:
        if not _agrees(rule, case) or (group := _group(rule, service, standing)) is None:
            continue
        if standing.may_see(case, group):
            person, why = (
                _person(rule, group, case, standing, on_shift(group, at))
                if rule.person
                else ("", "to the group")
            )
            return RoutingDecision(group.slug, group.tier, person, rule.name, why)
        kept_from = True
    if case.origin == PEOPLE and service is not None:
        for tier in GroupTier:
            if (group := standing.groups.get(service.support(tier))) is None:
                continue
            if standing.may_see(case, group):
                return RoutingDecision(
                    group.slug, group.tier, "", "", f"supports {service.slug} at {tier}"
                )
            kept_from = True
    return _officer(standing) if kept_from else None


def _officer(standing: RoutingData) -> RoutingDecision | None:
    """Return a security officer for a record that others must not get; None if there is none.

    It is routed at the tier of the service desk.
    """
    able = standing.officers or standing.privy
    if not able:
        return None
    return RoutingDecision(
        "", GroupTier.DESK, standing.least_busy(able), "", "those the rules lead to may not see it"
    )


def _agrees(rule: Routing, case: RoutingCase) -> bool:
    asked = (
        (rule.origins, case.origin),
        (rule.kinds, case.kind),
        (rule.sources, case.source),
        (rule.services, case.service),
        (rule.categories, case.category),
        (rule.priorities, case.priority),
    )
    return all(not wanted or given in wanted for wanted, given in asked)


def _group(rule: Routing, service: Service | None, standing: RoutingData) -> Group | None:
    """Return the group that the rule leads to, None if there is none.

    It is the group that the rule names, else the service's support at the rule's tier, else the
    first of that tier with the skills.
    """
    if rule.group:
        return standing.groups.get(rule.group)
    tier = GroupTier(rule.tier)
    if service is not None and (group := standing.groups.get(service.support(tier))) is not None:
        return group
    return next(_skilled_groups(rule, tier, standing), None)


def _skilled_groups(rule: Routing, tier: GroupTier, standing: RoutingData) -> Iterator[Group]:
    needed = _needed(rule)
    for slug in sorted(standing.groups):
        group = standing.groups[slug]
        if needed and group.tier is tier and needed.issubset(group.skills):
            yield group


def _person(
    rule: Routing, group: Group, case: RoutingCase, standing: RoutingData, on_shift: Iterable[str]
) -> tuple[str, str]:
    """Return the least busy person on shift with the skills, and the reason for the choice.

    The person is "", which leaves the choice to the whole group, if nobody on shift has the
    skills or may see the record.
    """
    present = [login for login in on_shift if login in group.members]
    if not present:
        return "", "nobody is on shift"
    present = [login for login in present if not case.security or login in standing.privy]
    if not present:
        return "", "nobody on shift may see it"
    needed = _needed(rule)
    able = [
        login
        for login in present
        if needed <= standing.skills.get(login, frozenset()) | set(group.skills)
    ]
    if not able:
        return "", f"nobody on shift has the skills {', '.join(sorted(needed))}"
    chosen = standing.least_busy(able)
    return chosen, f"least to do of {len(able)} on shift: {standing.load.get(chosen, 0)} open"


def _needed(rule: Routing) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in rule.skills)
