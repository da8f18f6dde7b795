"""Absences of people: the check of one, and the absences among the events of a calendar. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.errors import Flaw, TooLarge
from gateway.oncall.ical.reading import CalendarContent, CalendarEvent
from gateway.oncall.ical.writing import OWN_UID

LONGEST = timedelta(days=400)
"""The longest absence, and how far ahead calendars are read."""

MOST = 1_000
"""The most absences of one calendar."""


class AbsenceSource(StrEnum):
    """The origin of an absence: entered by hand, a file, or the calendar that a person named."""

    MANUAL = "manual"
    FILE = "file"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAbsence:
    """A time in which a person will be away; `uid` is that of its event in a calendar."""

    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """The events of a calendar that are absences: long ones, whose title has one of the words.

    Without words every title will do.
    """

    words: tuple[str, ...] = ()
    at_least: timedelta = timedelta(0)


def flaws(starts_at: datetime, ends_at: datetime, now: datetime) -> Iterator[Flaw]:
    """Yield every flaw of an absence that is entered by hand."""
    if not timedelta() < ends_at - starts_at <= LONGEST:
        yield Flaw("/to", f"an absence ends after it begins, {LONGEST.days} days later at most")
    elif ends_at <= now:
        yield Flaw("/to", "the absence is over already: enter one that lasts")


def absences_in(content: CalendarContent, wanted: EventFilter) -> tuple[NewAbsence, ...]:
    """Return the absences among the events of a calendar; raises TooLarge for more than MOST.

    Events that do not block their owner's time are none, nor are the shifts of our own feeds,
    which people keep in the same calendar.
    """
    words = [_folded(word) for word in wanted.words]
    found = {
        (event.uid, event.starts_at): NewAbsence(
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            reason="" if event.private else event.title,
            uid=event.uid,
        )
        for event in content.events
        if _is_absence(event, words, wanted.at_least)
    }
    if len(found) > MOST:
        raise TooLarge(
            f"the calendar has more than {MOST:,} absences: "
            "name words of the titles of those that are meant, or the hours they last at least"
        )
    return tuple(found.values())


def _is_absence(event: CalendarEvent, words: Sequence[str], at_least: timedelta) -> bool:
    title = _folded(event.title)
    return (
        event.busy
        and not event.uid.endswith(OWN_UID)
        and event.ends_at - event.starts_at >= at_least
        and (not words or any(word in title for word in words))
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
