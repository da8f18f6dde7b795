"""Shifts as an iCalendar file (RFC 5545) that calendar programs subscribe to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from icalendar import Calendar, Event, vDuration

OWN_UID = "@on-call.incident-gateway"
"""The end of the UIDs of our events, by which they are known where they are read again."""

REFRESH = timedelta(minutes=15)
"""How often programs are asked to fetch the file anew."""

SEQUENCE_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
"""The time that sequence numbers are counted from, in seconds; they last until 2088."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One shift as calendars show it; `name` tells it from all others of the feed, and stays."""

    name: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A calendar of shifts.

    `changed_at` is when what it is made of last changed, `locale` the language of its titles.
    """

    title: str
    locale: str
    changed_at: datetime
    events: Sequence[FeedEvent]


def write_feed(feed: Feed) -> bytes:
    """Return the file of a feed; it is the same as long as the feed is.

    Its events block no time: who is on call may have other appointments.
    """
    calendar = Calendar()
    calendar.add("PRODID", "-//Incident gateway//On call//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    for name in ("NAME", "X-WR-CALNAME"):
        calendar.add(name, feed.title)
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    sequence = max(0, int((feed.changed_at - SEQUENCE_SINCE).total_seconds()))
    for one in feed.events:
        calendar.add_component(_event(one, feed, sequence))
    written: bytes = calendar.to_ical()
    return written


def _event(one: FeedEvent, feed: Feed, sequence: int) -> Event:
    event = Event()
    named = "\0".join((*one.name, one.starts_at.astimezone(UTC).isoformat()))
    event.add("UID", sha256(named.encode()).hexdigest()[:32] + OWN_UID)
    event.add("DTSTAMP", feed.changed_at.astimezone(UTC))
    event.add("LAST-MODIFIED", feed.changed_at.astimezone(UTC))
    event.add("SEQUENCE", sequence)
    event.add("DTSTART", one.starts_at.astimezone(UTC))
    event.add("DTEND", one.ends_at.astimezone(UTC))
    event.add("SUMMARY", one.title, parameters={"LANGUAGE": feed.locale})
    if one.text:
        event.add("DESCRIPTION", one.text, parameters={"LANGUAGE": feed.locale})
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    return event
