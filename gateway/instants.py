"""The span of time that is kept: what callers and senders may write lies within it. Pure.

PostgreSQL keeps 9999-12-31T23:59:59.999999Z as infinity and year 1 as -infinity, and the driver gives
both back without a zone, so that comparing them with any other time fails. Lengths of time of up to a
hundred years (`durations.LONGEST`) may be added to any time of the span without leaving the calendar.
"""

from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

BOUNDS = f"a time lies between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}"


def is_kept(at: datetime) -> bool:
    """Return whether a time with a zone lies within the span."""
    return EARLIEST <= at <= LATEST


def kept(at: datetime) -> datetime:
    """Return the time in UTC, or the end of the span that is nearest to it; one without a zone is taken for UTC."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(aware, EARLIEST), LATEST).astimezone(UTC)
