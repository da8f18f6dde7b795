"""Public holidays for fairness figures, from a calendar of the settings. Pure."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.errors import Flaw, Unprocessable
from gateway.oncall.fairness import DaysOff
from gateway.settings import CalendarSettings
from gateway.sla.public_days import is_published, public_days


def choose_calendar(
    calendars: Mapping[str, CalendarSettings], asked: str | None, zone: str
) -> str | None:
    """Return the name of the calendar asked for, else of the first one with holidays in a zone.

    None where there is none. Raises Unprocessable for a name that there is not.
    """
    if asked is not None:
        if asked not in calendars:
            known = ", ".join(sorted(calendars)) or "none"
            flaw = Flaw("/calendar", f"the settings (sla.calendars) have: {known}")
            raise Unprocessable(f"there is no calendar {asked}", flaws=(flaw,))
        return asked
    fitting = (name for name, one in sorted(calendars.items()) if one.zone == zone and one.holidays)
    return next(fitting, None)


def days_off(calendar: CalendarSettings, since: datetime, until: datetime) -> DaysOff:
    """Return the days off of a calendar in the years of a period."""
    years = [public_days(calendar.holidays, year) for year in _years(calendar, since, until)]
    off = {day for year in years for day in year.off} | set(calendar.closed)
    worked = {day for year in years for day in year.worked} | set(calendar.open)
    return DaysOff(
        off=frozenset(off - set(calendar.open)), worked=frozenset(worked - set(calendar.closed))
    )


def unpublished_years(calendar: CalendarSettings, since: datetime, until: datetime) -> list[int]:
    """Return the years of a period whose holidays are not all known yet."""
    return [
        year for year in _years(calendar, since, until) if not is_published(calendar.holidays, year)
    ]


def _years(calendar: CalendarSettings, since: datetime, until: datetime) -> range:
    zone = ZoneInfo(calendar.zone)
    return range(since.astimezone(zone).year, until.astimezone(zone).year + 1)
