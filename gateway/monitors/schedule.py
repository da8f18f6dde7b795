"""The next expected ping: after a period, or by a cron schedule in a time zone. Pure.

As in Debian's cron (and in cronsim), a job at fixed times that the clocks skip runs right after
the gap, and one at times that the clocks show twice runs the first time; a job of every minute
or hour goes by elapsed time.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from gateway.errors import Flaw, Unprocessable
from gateway.timing.zones import time_zone_names

FIELDS = 5
PROBED = datetime(2024, 1, 1, tzinfo=UTC)
"""The time from which a schedule is tested: a leap year, so that the 29th of February is found."""


@lru_cache(maxsize=4_096)
def expected(period_seconds: int | None, schedule: str, zone: str, after: datetime) -> datetime:
    """Return the first expected time after `after`, in UTC."""
    if period_seconds is not None:
        return after + timedelta(seconds=period_seconds)
    return next(CronSim(schedule, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)


def check(period_seconds: int | None, schedule: str, zone: str) -> None:
    """Raise Unprocessable unless exactly one of period and schedule is given and usable.

    A schedule must run some day, and the time zone must exist.
    """
    flaws = []
    if zone not in time_zone_names():
        flaws.append(
            Flaw("/zone", f"there is no time zone {zone[:64]!r}: write one such as Asia/Shanghai")
        )
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
