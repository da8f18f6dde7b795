"""Assignment: the check of a record's new group and person, and the tier that follows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from msgspec.structs import replace

from gateway.directory.roles import GroupTier, Role
from gateway.errors import Flaw, Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.record import Incident
from gateway.vocabulary import Tier

TIERS: Mapping[GroupTier, Tier] = {
    GroupTier.DESK: Tier.DESK,
    GroupTier.TIER2: Tier.SECOND,
    GroupTier.TIER3: Tier.THIRD,
}
"""The tier of a record that is with a group of that tier."""

GROUP_TIERS: Mapping[Tier, GroupTier] = {tier: group for group, tier in TIERS.items()}

ROLES: Mapping[Role, Tier] = {
    Role.TIER2: Tier.SECOND,
    Role.SERVICE_DESK: Tier.DESK,
    Role.TIER3: Tier.THIRD,
}
"""The tier of a person who belongs to no group, by the first of these roles they have."""


ASSIGNABLE_ROLES = frozenset({*ROLES, Role.INCIDENT_MANAGER, Role.SECURITY})
"""The roles of people who can be assigned records.

Members of a group can be assigned records, too.
"""


@dataclass(frozen=True, slots=True)
class StaffGroup:
    """An active group: its slug, its tier, and the logins of its active members."""

    slug: str
    tier: GroupTier
    members: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignableStaff:
    """The staff that can be given work: active groups by slug, roles of active people by login.

    `support` names the groups that support the service of the record, by their tier.
    """

    groups: Mapping[str, StaffGroup]
    people: Mapping[str, frozenset[Role]]
    support: Mapping[GroupTier, str]


ASSIGNING_COMMANDS = (c.Acknowledge, c.Assign, c.Escalate, c.Return)
"""The commands that name a group or a person, or imply one."""


def fill_in_assignment(command: c.Command, incident: Incident, staff: AssignableStaff) -> c.Command:
    """Return the command with its group and tier filled in.

    An assignment to a vendor becomes an escalation.

    Raises Unprocessable, naming the group or person that does not exist or does not fit.
    """
    match command:
        case c.Acknowledge(person=person):
            _known(person, staff)
            return command
        case c.Assign(tier="vendor"):
            return _to_vendor(command)
        case c.Assign():
            return _assigned(command, incident, staff)
        case c.Escalate(to="tier3"):
            return _escalated(command, incident, staff)
        case c.Return():
            group = _usual(GroupTier.DESK, incident, staff)
            return replace(command, group="" if group is None else group.slug)
        case _:
            return command


def check_edit(before: Incident, after: Incident, staff: AssignableStaff) -> None:
    """Raise Unprocessable for an edited owner or assignee that cannot have the record.

    The same holds for the group.
    """
    if after.owner != before.owner:
        _known(after.owner, staff, "/owner")
    if (after.assignee_group, after.assignee) == (before.assignee_group, before.assignee):
        return
    group = staff.groups.get(after.assignee_group)
    if after.assignee_group and group is None:
        _refuse("/assignee_group", f"no active group has the slug {after.assignee_group!r}")
    if (
        group is not None
        and group.slug != before.assignee_group
        and TIERS[group.tier] is not after.tier
    ):
        _refuse(
            "/assignee_group", f"{group.slug} works at {group.tier}: assign or escalate it there"
        )
    _known(after.assignee, staff, "/assignee")
    if after.assignee and group is not None and after.assignee not in group.members:
        _refuse("/assignee", _stranger(after.assignee, group))


def _to_vendor(command: c.Assign) -> c.Escalate:
    if command.group:
        _refuse("/group", "a vendor is no group: name the vendor in `person`")
    if not command.person.strip():
        _refuse("/person", "name the vendor: its time is booked on it")
    return c.Escalate(to="vendor", vendor=command.person.strip(), note=command.note)


def _assigned(command: c.Assign, incident: Incident, staff: AssignableStaff) -> c.Assign:
    if not (command.group or command.person or command.tier):
        _refuse("/group", "name a group or a person")
    _known(command.person, staff)
    wanted = GROUP_TIERS[command.named_tier] if command.named_tier else None
    group = _chosen(command.group, command.person, wanted, incident, staff)
    if group is None:
        tier = command.named_tier or _tier_of(staff.people.get(command.person, frozenset()))
        return replace(command, tier=tier.value)
    if command.named_tier not in (None, TIERS[group.tier]):
        _refuse("/tier", f"{group.slug} works at {group.tier}")
    return replace(command, group=group.slug, tier=TIERS[group.tier].value)


def _escalated(command: c.Escalate, incident: Incident, staff: AssignableStaff) -> c.Escalate:
    _known(command.person, staff)
    tier = GroupTier.TIER3
    group = _chosen(command.group, command.person, tier, incident, staff)
    if group is not None and group.tier is not tier:
        _refuse("/group", f"{group.slug} works at {group.tier}, not at tier 3")
    if group is None and command.person and Role.TIER3 not in staff.people[command.person]:
        _refuse("/person", f"{command.person} does not work at tier 3")
    group = group or _usual(tier, incident, staff)
    return replace(command, group="" if group is None else group.slug)


def _chosen(
    slug: str, person: str, tier: GroupTier | None, incident: Incident, staff: AssignableStaff
) -> StaffGroup | None:
    """Return the requested group, else one of the person's, else the usual one of the tier.

    None for a person who belongs to no group, and for tier 3 without a usual group.
    """
    if slug:
        group = staff.groups.get(slug)
        if group is None:
            _refuse("/group", f"no active group has the slug {slug!r}")
        if person and person not in group.members:
            _refuse("/person", _stranger(person, group))
        return group
    if person:
        return _own_group(person, tier, incident, staff)
    usual = None if tier is None else _usual(tier, incident, staff)
    if usual is None and tier is not GroupTier.TIER3:
        _refuse("/group", f"name a group of {tier}: there is no usual one")
    return usual


def _own_group(
    person: str, tier: GroupTier | None, incident: Incident, staff: AssignableStaff
) -> StaffGroup | None:
    """Return the group through which a person gets a record; None for a person without a group."""
    every = [
        staff.groups[slug] for slug in sorted(staff.groups) if person in staff.groups[slug].members
    ]
    fitting = [group for group in every if tier in (None, group.tier)]
    if not every:
        return None
    if not fitting:
        _refuse("/person", f"{person} works in {_listed(every)}, not at {tier}")
    if incident.tier is Tier.DESK and tier is None:
        fitting = [group for group in fitting if group.tier is GroupTier.TIER2] or fitting
    preferred = (incident.assignee_group, *staff.support.values())
    liked = [group for slug in preferred for group in fitting if group.slug == slug]
    if not liked and len(fitting) > 1:
        _refuse("/group", f"{person} works in {_listed(fitting)}: name one of them")
    return (liked or fitting)[0]


def _usual(tier: GroupTier, incident: Incident, staff: AssignableStaff) -> StaffGroup | None:
    """Return the service's group of a tier, else the record's own, else the only one there is."""
    of_tier = [
        staff.groups[slug] for slug in sorted(staff.groups) if staff.groups[slug].tier is tier
    ]
    for slug in (staff.support.get(tier, ""), incident.assignee_group):
        found = [group for group in of_tier if group.slug == slug]
        if found:
            return found[0]
    return of_tier[0] if len(of_tier) == 1 else None


def _tier_of(roles: frozenset[Role]) -> Tier:
    return next((tier for role, tier in ROLES.items() if role in roles), Tier.SECOND)


def _known(person: str, staff: AssignableStaff, pointer: str = "/person") -> None:
    """Raise Unprocessable for a person who does not exist or does not work on records.

    They could not accept the record.
    """
    if not person:
        return
    if person not in staff.people:
        _refuse(pointer, f"nobody active has the login {person!r}")
    if ASSIGNABLE_ROLES.isdisjoint(staff.people[person]) and not any(
        person in group.members for group in staff.groups.values()
    ):
        _refuse(pointer, f"{person} does not work on records")


def _stranger(person: str, group: StaffGroup) -> str:
    members = ", ".join(sorted(group.members)[:20]) or "nobody"
    return f"{person} does not belong to {group.slug}; its members: {members}"


def _listed(groups: list[StaffGroup]) -> str:
    return ", ".join(f"{group.slug} ({group.tier})" for group in groups)


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise Unprocessable(detail, flaws=(Flaw(pointer, detail),))
