"""The events of an iCalendar file (RFC 5545) as spans of UTC. Pure.

Files of other programs are read leniently: an event that cannot be read is left out and counted.
A time without a zone is on the wall clock that the file names (X-WR-TIMEZONE), else on that of
its reader, and so are whole days. Zones may have the names of Windows, or names that the file
itself defines.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component
from icalendar.timezone import tzp

from gateway.errors import Malformed, TooLarge
from gateway.timing.instants import clamp_instant
from gateway.timing.zones import time_zone_names

MOST_EVENTS, MOST_OCCURRENCES = 5_000, 10_000
"""The most events of a file, and the most times that they may occur in the period read."""

LONGEST_TITLE, LONGEST_UID = 200, 255

BEGIN_EVENT = re.compile(rb"^BEGIN:VEVENT\s*$", re.MULTILINE | re.IGNORECASE)
OBSERVANCE = re.compile(
    r"^(BEGIN:(STANDARD|DAYLIGHT)[ \t]*\r?\n)((?:(?!END:).*\n)*)(?=END:\2)",
    re.MULTILINE | re.IGNORECASE,
)
"""One offset of a zone's definition, whose beginning some programs leave out."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
TOO_FREQUENT = frozenset({"SECONDLY", "MINUTELY"})

NOT_AWAY = frozenset({"FREE", "WORKINGELSEWHERE"})
"""The values of X-MICROSOFT-CDO-BUSYSTATUS by which somebody is at work."""

RECURRING = frozenset({"RRULE", "RDATE", "RECURRENCE-ID"})
"""The properties of events that take place more than once, or instead of another time."""

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)
"""The errors that the libraries raise for an event that is no valid one."""

_Occurrence = tuple[date, date, Component]
"""Begin and end of one time at which an event takes place, and its properties then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """One time at which an event takes place.

    `busy` says that it blocks the time of the calendar's owner, `private` that its title is for
    nobody else. `attendees` are e-mail addresses in lower case.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    busy: bool = True
    private: bool = False
    attendees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarContent:
    """The events of a file that lie in a period, and how many events could not be read.

    `uids` are those of all its events, also of cancelled ones and of those at other times.
    """

    events: tuple[CalendarEvent, ...]
    uids: frozenset[str]
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class CalendarReader:
    """The owner of a calendar: the zone that they live in, and their e-mail address, "" for none.

    What they declined does not block their time.
    """

    zone: str
    email: str = ""


def read_calendar(
    body: bytes, reader: CalendarReader, since: datetime, until: datetime
) -> CalendarContent:
    """Return the events that overlap [since, until).

    Raises Malformed for a file that is no calendar, TooLarge for one with too many events.
    """
    if len(BEGIN_EVENT.findall(body)) > MOST_EVENTS:
        raise TooLarge(f"a calendar has at most {MOST_EVENTS:,} events")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The library remembers zones that files define, by names that other files give to others.
        tzp.use_zoneinfo()
        calendars = _parse(_decode(body))
        found: list[CalendarEvent] = []
        uids: set[str] = set()
        unreadable = 0
        for calendar in calendars:
            cancels = _text(calendar, "METHOD").upper() == "CANCEL"
            named = _named_zone(calendar)
            floating = ZoneInfo(named or reader.zone)
            for uid, components in _series(calendar):
                uids.add(uid)
                try:
                    times = () if cancels else _occurrences(components, named, since, until)
                    events = [_event(one, uid, reader, floating) for one in times]
                except UNREADABLE:
                    unreadable += 1
                    continue
                found += [
                    one
                    for one in events
                    if one.starts_at < one.ends_at and one.starts_at < until and one.ends_at > since
                ]
                if len(found) > MOST_OCCURRENCES:
                    raise TooLarge(f"the events occur more than {MOST_OCCURRENCES:,} times")
    ordered = sorted(found, key=lambda one: (one.starts_at, one.ends_at, one.uid))
    return CalendarContent(events=tuple(ordered), uids=frozenset(uids), unreadable=unreadable)


def _decode(body: bytes) -> str:
    """Return the text, which is UTF-8, or by old programs in China GB 18030."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")


def _parse(text: str) -> Sequence[Component]:
    try:
        calendars = Calendar.from_ical(OBSERVANCE.sub(_begun, text), multiple=True)
    except UNREADABLE as error:
        raise Malformed("this is no iCalendar file (RFC 5545)") from error
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        raise Malformed("this is no iCalendar file (RFC 5545)")
    return calendars


def _begun(found: "re.Match[str]") -> str:
    """Return the offset of a zone with a beginning, where it has none."""
    has = re.search("^DTSTART", found[3], re.MULTILINE | re.IGNORECASE)
    return found[1] + ("" if has else "DTSTART:19700101T000000\r\n") + found[3]


def _named_zone(calendar: Component) -> str:
    """Return the zone that a calendar names for all its times, "" if it names none."""
    named = _text(calendar, "X-WR-TIMEZONE")
    return named if named in time_zone_names() else ""


def _series(calendar: Component) -> Iterator[tuple[str, list[Component]]]:
    """Yield the events of each UID: one that recurs, and those that replace single times of it."""
    events = sorted(((_uid(one), one) for one in calendar.walk("VEVENT")), key=lambda e: e[0])
    for uid, group in groupby(events, key=lambda e: e[0]):
        yield uid, [event for _, event in group]


def _uid(event: Component) -> str:
    if (uid := CONTROL.sub("", _text(event, "UID"))) and len(uid) <= LONGEST_UID:
        return uid
    return f"sha256-{sha256(event.to_ical()).hexdigest()}"


def _occurrences(
    components: Sequence[Component], zone: str, since: datetime, until: datetime
) -> list[_Occurrence]:
    """Return each time at which events of one UID take place; raises errors of UNREADABLE."""
    if len(components) == 1 and RECURRING.isdisjoint(components[0]):
        event: Any = components[0]
        return [(event.start, event.end, event)]
    rules = [rule for one in components for rule in _listed(one.get("RRULE"))]
    if any(TOO_FREQUENT & {str(f).upper() for f in rule.get("FREQ", ())} for rule in rules):
        raise ValueError("it recurs too often")
    alone = Calendar()
    if zone:
        alone.add("X-WR-TIMEZONE", zone)
    alone.subcomponents = list(components)
    # A day more on both sides, as whole days and times without a zone are compared as if in UTC.
    day = timedelta(days=1)
    found = recurring_ical_events.of(alone).between(since - day, until + day)
    return [(one["DTSTART"].dt, one["DTEND"].dt, one) for one in found]


def _event(
    occurrence: _Occurrence, uid: str, reader: CalendarReader, floating: ZoneInfo
) -> CalendarEvent:
    starts, ends, event = occurrence
    attendees = _listed(event.get("ATTENDEE"))
    return CalendarEvent(
        uid=uid,
        starts_at=_instant(starts, reader.zone, floating),
        ends_at=_instant(ends, reader.zone, floating),
        title=CONTROL.sub(" ", _text(event, "SUMMARY")).strip()[:LONGEST_TITLE],
        busy=_is_busy(event, attendees, reader.email),
        private=_text(event, "CLASS").upper() in {"PRIVATE", "CONFIDENTIAL"},
        attendees=tuple(sorted({_address(one) for one in attendees})),
    )


def _is_busy(event: Component, attendees: Sequence[Any], email: str) -> bool:
    declined = any(
        email and _address(one) == email.lower() and one.params.get("PARTSTAT") == "DECLINED"
        for one in attendees
    )
    return not (
        declined
        or _text(event, "STATUS").upper() == "CANCELLED"
        or _text(event, "TRANSP").upper() == "TRANSPARENT"
        or _text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper() in NOT_AWAY
    )


def _instant(at: date, zone: str, floating: ZoneInfo) -> datetime:
    """Return a time of an event in UTC; a day is its first instant in the reader's zone."""
    if not isinstance(at, datetime):
        return clamp_instant(datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(zone)))
    return clamp_instant(at if at.tzinfo is not None else at.replace(tzinfo=floating))


def _address(attendee: object) -> str:
    return str(attendee).lower().removeprefix("mailto:").strip()


def _listed(value: Any) -> list[Any]:
    """Return the values of a property, which may be there once, more often or not at all."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(component: Component, name: str) -> str:
    return next((str(value).strip() for value in _listed(component.get(name))), "")
