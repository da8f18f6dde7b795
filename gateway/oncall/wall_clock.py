"""The instants at which the clock on a wall shows a time. Pure."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def instants_of(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first and the last instant at which the clock shows this time, in UTC.

    They differ where clocks are set back. A time that is skipped where clocks are set forward
    is taken for the first instant after it.
    """
    offset = _lasting_offset(day, zone)
    if offset is not None:
        instant = datetime.combine(day, at, UTC) - offset
        return instant, instant
    shown = datetime.combine(day, at, zone)
    early, late = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    if early <= late:
        return early, late
    after = _first_after(late, early, shown.replace(tzinfo=None), zone)
    return after, after


@lru_cache(maxsize=8_192)
def _lasting_offset(day: date, zone: ZoneInfo) -> timedelta | None:
    """Return the difference from UTC on a day, None near a change of it.

    Most days are far from one, and no zone ever changed twice within three days.
    """
    before, after = (
        datetime.combine(day + timedelta(days=days), time(), zone).utcoffset() for days in (-1, 2)
    )
    return before if before == after else None


def _first_after(since: datetime, until: datetime, wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second in (since, until] at which the clock is past `wall`."""

    def is_past(second: int) -> bool:
        return (since + second * SECOND).astimezone(zone).replace(tzinfo=None) > wall

    seconds = range(1, (until - since) // SECOND)
    return since + (bisect_left(seconds, 1, key=lambda second: int(is_past(second))) + 1) * SECOND
