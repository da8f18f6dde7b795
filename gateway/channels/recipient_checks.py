"""Checks of recipients: channel off, address of no use, person or group unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.channels.sections import SECTIONS
from gateway.db.pool import Connection
from gateway.directory.person import EMAIL
from gateway.egress.address_guard import AddressRefused
from gateway.egress.guarded_calls import make_guard
from gateway.incidents.announcements.addressing import BY_LOGIN, GROUP, SCHEDULE
from gateway.settings import Section, Settings
from gateway.settings.notify import BY_TELEPHONE, NOTIFICATION_CHANNELS
from gateway.settings.recipients import RecipientAddress, parse_recipient

CHANNELS = sorted({*NOTIFICATION_CHANNELS, "person", GROUP.rstrip(":"), SCHEDULE.rstrip(":")})


@dataclass(frozen=True, slots=True)
class StaffSnapshot:
    """Staff in the database: telephones by login, roles in use, groups, policies of services.

    `schedules` are the active on-call schedules, `listed` the roles with recipients of their own.
    """

    phones: Mapping[str, str]
    roles: frozenset[str]
    groups: frozenset[str]
    policies: frozenset[str] = frozenset()
    schedules: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()


PEOPLE = "SELECT login, phone, roles FROM person WHERE active AND login = ANY($1::text[])"
GROUPS = "SELECT slug FROM staff_group WHERE active AND slug = ANY($1::text[])"
SCHEDULES = "SELECT slug FROM schedule WHERE active AND slug = ANY($1::text[])"


async def read_named_staff(conn: Connection, recipients: Sequence[str]) -> StaffSnapshot:
    """Return the people, groups and schedules that these recipients name, if there are any."""
    names = [parse_recipient(one).address for one in recipients]
    people = await conn.fetch(PEOPLE, names)
    return StaffSnapshot(
        phones={row["login"]: row["phone"] for row in people},
        roles=frozenset(role for row in people for role in row["roles"]),
        groups=frozenset(row["slug"] for row in await conn.fetch(GROUPS, names)),
        schedules=frozenset(row["slug"] for row in await conn.fetch(SCHEDULES, names)),
    )


def find_objection(
    settings: Settings, target: RecipientAddress, staff: StaffSnapshot | None
) -> str:
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
        if channel in BY_TELEPHONE and not staff.phones[login]
        else ""
    )


def _refused(settings: Settings, address: str) -> str:
    guard = make_guard(allow_private=settings.notify.webhook.allow_private)
    try:
        guard.check_url(address)
    except AddressRefused as refusal:
        return f"is not called: {refusal}"
    return ""
