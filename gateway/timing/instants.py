"""The supported range of timestamps, for API callers and senders alike. Pure.

PostgreSQL keeps 9999-12-31T23:59:59.999999Z as infinity and year 1 as -infinity, and the driver
returns both without a time zone, so that comparing them with any other time fails. Durations of
up to a hundred years (`durations.LONGEST`) may be added to any time of the range without leaving
the calendar.
"""

from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

BOUNDS = f"a time lies between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}"


def is_supported(at: datetime) -> bool:
    """Return whether a time with a zone lies within the supported range."""
    return EARLIEST <= at <= LATEST


def clamp_instant(at: datetime) -> datetime:
    """Return the time in UTC, clamped to the supported range.

    A time without a zone is taken for UTC.
    """
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(aware, EARLIEST), LATEST).astimezone(UTC)
