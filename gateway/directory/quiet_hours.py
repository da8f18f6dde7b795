"""Quiet hours and do-not-disturb of a person as values, and when they end. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.timing.zones import time_zone_names

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
DAY_MINUTES = 24 * 60
A_WEEK = timedelta(days=7)
"""Spans that follow one another for longer have no end."""


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """A span of local time on some weekdays, in minutes of the day.

    With `until` at or before `since` it ends on the day after.
    """

    days: frozenset[int]
    since: int
    until: int

    @property
    def minutes(self) -> int:
        """The length of the span."""
        return self.until - self.since + (DAY_MINUTES if self.until <= self.since else 0)


@dataclass(frozen=True, slots=True)
class DoNotDisturb:
    """A time in which a person is not to be disturbed, if `absolute` not even for a priority 1."""

    until: datetime
    reason: str = ""
    absolute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """The pauses of a person: priorities up to `passes` are let through.

    In quiet hours other messages wait, or go to the methods in `silent_methods`.
    """

    quiet: tuple[QuietSpan, ...] = ()
    passes: int = 1
    silent_methods: frozenset[int] = frozenset()
    disturb: DoNotDisturb | None = None


def minute_of(text: str) -> int | None:
    """Return the minute of the day that a text such as "22:30" or "24:00" names, or None."""
    if TIME.fullmatch(text) is None:
        return None
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def time_text(minute: int) -> str:
    """Return a minute of the day as it is written."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def leaves_time(spans: Sequence[QuietSpan]) -> bool:
    """Return whether some minute of the week lies outside of all spans."""
    week = 7 * DAY_MINUTES
    covered = {
        (day * DAY_MINUTES + span.since + minute) % week
        for span in spans
        for day in span.days
        for minute in range(span.minutes)
    }
    return len(covered) < week


def quiet_until(spans: Sequence[QuietSpan], zone: str, now: datetime) -> datetime | None:
    """Return when the quiet hours that hold at `now` end, None if none hold.

    Spans that follow one another without a break end together.
    """
    here = ZoneInfo(zone if zone in time_zone_names() else "UTC")
    at = now
    while at - now <= A_WEEK:
        ends = [end for span in spans if (end := _end(span, here, at)) is not None]
        if not ends:
            break
        at = max(ends)
    return at if at > now else None


def _end(span: QuietSpan, zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return the moment at which the span that holds at `at` ends, None if it does not hold."""
    local = at.astimezone(zone).replace(tzinfo=None)
    for day in (local.date(), local.date() - timedelta(days=1)):
        if day.weekday() in span.days:
            begin = _wall(day, span.since)
            if begin <= local < (end := begin + timedelta(minutes=span.minutes)):
                return _moment(end, zone, at)
    return None


def _wall(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _moment(wall: datetime, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first moment after another at which the clocks of a zone show a time, or more.

    A time that occurs twice counts from its first occurrence. One that is skipped counts from
    the moment of the change, when the clocks show more.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if second < first:  # skipped: between both moments lies the change
        low, high = second, first
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            shown = middle.astimezone(zone).replace(tzinfo=None)
            low, high = (low, middle) if shown >= wall else (middle, high)
        return high.replace(microsecond=0)
    return first if first > after else second
