"""When the next ping is expected: after a period, or when cron would next run on the wall clock of a zone. Pure.

As Debian's cron has it (and cronsim reads it), a job at fixed times that the clocks skip runs right after the gap, and one at
times they show twice runs the first time; a job of every minute or hour goes by elapsed time.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from gateway.errors import Flaw, Unprocessable
from gateway.zones import zones

FIELDS = 5
PROBED = datetime(2024, 1, 1, tzinfo=UTC)
"""From where a schedule is tried: a leap year, so that the 29th of February is found at once."""


@lru_cache(maxsize=4_096)
def expected(period_seconds: int | None, schedule: str, zone: str, after: datetime) -> datetime:
    """The first moment later than `after`, in UTC."""
    if period_seconds is not None:
        return after + timedelta(seconds=period_seconds)
    return next(CronSim(schedule, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)


def check(period_seconds: int | None, schedule: str, zone: str) -> None:
    """Raise Unprocessable unless there is either a period or a schedule that some day runs, in a zone that exists."""
    flaws = []
    if zone not in zones():
        flaws.append(Flaw("/zone", f"there is no time zone {zone[:64]!r}: write one such as Asia/Shanghai"))
    if (period_seconds is None) == (not schedule):
        flaws.append(Flaw("/schedule", "give either period_seconds or a schedule"))
    if schedule and (problem := _problem(schedule)):
        flaws.append(Flaw("/schedule", problem))
    if flaws:
        raise Unprocessable(flaws[0].detail, flaws=tuple(flaws))


def _problem(schedule: str) -> str:
    if len(schedule.split()) != FIELDS or not schedule.isascii():
        return "a schedule has five fields: minute, hour, day of the month, month, day of the week"
    try:
        next(CronSim(schedule, PROBED))
    except CronSimError as error:
        return f"cron cannot read this: {error}"
    return ""
