"""Checks of configured recipients: channel off, person or group unknown."""

from collections.abc import Iterator

from gateway.channels.recipient_checks import StaffSnapshot, find_objection
from gateway.directory.roles import Role
from gateway.errors import Flaw
from gateway.incidents.announcement import OWN
from gateway.incidents.announcements.addressing import BY_LOGIN, GROUP, SCHEDULE
from gateway.settings import Settings
from gateway.settings.recipients import parse_recipient


def find_unreachable(settings: Settings, staff: StaffSnapshot | None) -> Iterator[Flaw]:
    """Yield a flaw for every recipient, role and group that no notification reaches.

    Without `staff` only the files are checked.
    """
    for role, targets in settings.notify.recipients.items():
        for index, text in enumerate(targets):
            if why := find_objection(settings, parse_recipient(text), staff):
                yield Flaw(f"/notify/recipients/{role}/{index}", why)
    yield from _never_told(settings)
    for pointer, role in _roles_asked(settings, staff):
        listed = () if staff is None else staff.listed
        if role in OWN or settings.notify.recipients.get(role) or role in listed:
            continue
        if role not in set(Role):
            yield Flaw(
                pointer, f"{role!r} is no role of people, and notify.recipients names nobody for it"
            )
        elif staff is not None and role not in staff.roles:
            yield Flaw(
                pointer, f"nobody has the role {role!r}, and notify.recipients names nobody for it"
            )
    for index, rule in enumerate(settings.routing):
        if staff is not None and rule.group and rule.group not in staff.groups:
            yield Flaw(f"/routing/{index}/group", f"there is no active group {rule.group!r}")


def _never_told(settings: Settings) -> Iterator[Flaw]:
    """Yield a flaw for every recipient list whose role no rule notifies, such as a misspelt one."""
    asked = {role for rule in settings.escalation.management for role in rule.notify}
    asked.update(settings.escalation.declared, Role)
    for role in settings.notify.recipients.keys() - asked:
        yield Flaw(
            f"/notify/recipients/{role}",
            "no rule tells this role: correct its name, or name it in a rule",
        )


def find_unconfirmed(settings: Settings) -> Iterator[str]:
    """Yield the settings that only the database could confirm."""
    for role, targets in settings.notify.recipients.items():
        for index, target in enumerate(map(parse_recipient, targets)):
            if target.channel in BY_LOGIN or f"{target.channel}:" in (GROUP, SCHEDULE):
                yield f"notify.recipients.{role}[{index}]"
    yield from (
        f"routing[{index}].group" for index, rule in enumerate(settings.routing) if rule.group
    )
    asked = dict.fromkeys(role for _, role in _roles_asked(settings, None) if role in set(Role))
    yield from (
        f"who has the role {role}" for role in asked if not settings.notify.recipients.get(role)
    )


def _roles_asked(settings: Settings, staff: StaffSnapshot | None) -> Iterator[tuple[str, str]]:
    """Yield the roles that a rule in use notifies, each with the pointer of its place."""
    sla = settings.sla
    used = {
        sla.default,
        *(use.policy for use in sla.use),
        *(own.policy for own in sla.services.values()),
    }
    used |= staff.policies if staff is not None else frozenset()
    for index, rule in enumerate(settings.escalation.management):
        if not rule.policies or used.intersection(rule.policies):
            yield from (
                (f"/escalation/management/{index}/notify/{place}", role)
                for place, role in enumerate(rule.notify)
            )
