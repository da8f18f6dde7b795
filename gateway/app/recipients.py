"""Checks of configured recipients: channel off, person or group unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.channels.sections import SECTIONS
from gateway.directory.person import EMAIL
from gateway.directory.roles import Role
from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.errors import Flaw
from gateway.incidents.announcement import OWN
from gateway.incidents.announcements.addressing import BY_LOGIN, GROUP, SCHEDULE
from gateway.settings import Section, Settings
from gateway.settings.notify import NOTIFICATION_CHANNELS
from gateway.settings.recipients import RecipientAddress, parse_recipient

CHANNELS = sorted({*NOTIFICATION_CHANNELS, "person", GROUP.rstrip(":"), SCHEDULE.rstrip(":")})


@dataclass(frozen=True, slots=True)
class StaffSnapshot:
    """Staff in the database: telephones by login, roles in use, groups, policies of services.

    `schedules` are the active on-call schedules.
    """

    phones: Mapping[str, str]
    roles: frozenset[str]
    groups: frozenset[str]
    policies: frozenset[str] = frozenset()
    schedules: frozenset[str] = frozenset()


def find_unreachable(settings: Settings, staff: StaffSnapshot | None) -> Iterator[Flaw]:
    """Yield a flaw for every recipient, role and group that no notification reaches.

    Without `staff` only the files are checked.
    """
    for role, targets in settings.notify.recipients.items():
        for index, text in enumerate(targets):
            if why := _objection(settings, parse_recipient(text), staff):
                yield Flaw(f"/notify/recipients/{role}/{index}", why)
    yield from _never_told(settings)
    for pointer, role in _roles_asked(settings, staff):
        if role in OWN or settings.notify.recipients.get(role):
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


def _objection(settings: Settings, target: RecipientAddress, staff: StaffSnapshot | None) -> str:
    """Return the reason why nobody is reached by this recipient, "" if there is none."""
    channel, address = target
    if f"{channel}:" == GROUP:
        return (
            ""
            if staff is None or address in staff.groups
            else f"there is no active group {address!r}"
        )
    if f"{channel}:" == SCHEDULE:
        known = staff is None or address in staff.schedules
        return "" if known else f"there is no active on-call schedule {address!r}"
    if channel not in CHANNELS:
        named = f"there is no channel {channel!r}" if channel else "names no channel"
        return (
            f"{named}: write CHANNEL:ADDRESS with one of {', '.join(CHANNELS)}, or a mail address"
        )
    if not address:
        return "names nobody"
    return _unusable(settings, channel, address, staff) or _off(settings, channel, address)


def _unusable(settings: Settings, channel: str, address: str, staff: StaffSnapshot | None) -> str:
    if channel in BY_LOGIN:
        return _missing(channel, address, staff)
    if channel == "smtp" and not (address.isascii() and EMAIL.fullmatch(address)):
        return "is no mail address"
    if channel in SECTIONS:
        return SECTIONS[channel].read(settings).find_objection(address)
    return _refused(settings, address) if channel == "webhook" else ""


def _off(settings: Settings, channel: str, address: str) -> str:
    known = NOTIFICATION_CHANNELS.get(channel)
    if known is None or not known.switches:
        return ""
    kind, _, robot = address.partition(":")
    robots: Mapping[str, object] | None = getattr(_section(settings, channel), "robots", None)
    if kind == "robot" and robots is not None:
        return "" if robot in robots else f"there is no notify.{channel}.robots.{robot}"
    if any(_is_set(settings, switch) for switch in known.switches):
        return ""
    return f"this channel is off: set {known.how_to_switch_on}"


def _is_set(settings: Settings, switch: str) -> bool:
    """Return whether a setting such as `notify.slack.token` has a value."""
    _, vendor, name = switch.split(".")
    return bool(getattr(_section(settings, vendor), name))


def _section(settings: Settings, vendor: str) -> Section | None:
    """Return the settings of a vendor, or of a channel that is not a vendor's, None for others."""
    if vendor in SECTIONS:
        return SECTIONS[vendor].read(settings)
    return getattr(settings.notify, vendor, None)


def _missing(channel: str, login: str, staff: StaffSnapshot | None) -> str:
    if staff is None:
        return ""
    if login not in staff.phones:
        return f"no active person has the login {login!r}"
    return (
        "this person has no telephone number"
        if channel != "person" and not staff.phones[login]
        else ""
    )


def _refused(settings: Settings, address: str) -> str:
    private = settings.notify.webhook.allow_private
    guard = AddressGuard(private=True, ports=None) if private else AddressGuard()
    try:
        guard.check_url(address)
    except AddressRefused as refusal:
        return f"is not called: {refusal}"
    return ""
