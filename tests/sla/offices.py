"""Calendars for the tests of this package, and a second implementation of their working time.

The second one is as plain as can be.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from gateway.settings import CalendarSettings as Section
from gateway.settings import load
from gateway.sla.calendar import Calendar
from gateway.sla.calendars import read_calendars
from gateway.sla.week import WEEKDAYS

ZONES = sorted(available_timezones())

OFFICE_HOURS = {day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]}
ALL_DAY = {day: ["00:00-24:00"] for day in WEEKDAYS}
NIGHTS = {day: ["22:00-06:00"] for day in WEEKDAYS}


def a_section(
    zone: str = "UTC", hours: Mapping[str, Sequence[str]] = OFFICE_HOURS, **more: object
) -> Section:
    return msgspec.convert({"zone": zone, "hours": dict(hours), **more}, Section)


def a_calendar(
    zone: str = "UTC", hours: Mapping[str, Sequence[str]] = OFFICE_HOURS, **more: object
) -> Calendar:
    calendars, flaws = read_calendars({"office": a_section(zone, hours, **more)})
    assert flaws == []
    return calendars["office"]


CN_OFFICE = read_calendars(load(None, {}).sla.calendars)[0]["cn-office"]


class Counter:
    """A counter of working time that looks at the wall clock at every step.

    It knows nothing but whether an instant counts.
    """

    def __init__(
        self, zone: str, spans: Mapping[int, Sequence[tuple[int, int]]], off: Sequence[date] = ()
    ) -> None:
        """Take `spans` in minutes by weekday, Monday 0; minutes over 1,440 are of the next day."""
        self.zone, self.spans, self.off = ZoneInfo(zone), spans, frozenset(off)

    def counts(self, at: datetime) -> bool:
        shown = at.astimezone(self.zone)
        minute = shown.hour * 60 + shown.minute
        return self._on(shown.date(), minute) or self._on(
            shown.date() - timedelta(days=1), minute + 1440
        )

    def _on(self, day: date, minute: int) -> bool:
        return day not in self.off and any(
            a <= minute < b for a, b in self.spans.get(day.weekday(), ())
        )

    def between(self, since: datetime, until: datetime, step: timedelta) -> timedelta:
        """Return the time that counts between whole steps of every offset involved."""
        total, at = timedelta(), since
        while at < until:
            total += step if self.counts(at) else timedelta()
            at += step
        return total
