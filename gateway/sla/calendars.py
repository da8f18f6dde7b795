"""Calendars from the configuration, and the flaws in it. Pure.

Holidays are those that the installed edition of the library `holidays` knows.
"""

from collections.abc import Iterable, Mapping

from gateway import settings
from gateway.errors import Flaw
from gateway.sla.calendar import ROUND_THE_CLOCK, Calendar
from gateway.sla.policy import digest
from gateway.sla.public_days import edition, is_known_country
from gateway.sla.week import read_week
from gateway.sla.working_hours import DayHours, WorkingHours
from gateway.timing.zones import time_zone_names

BUILT_IN: Mapping[str, Calendar] = {"24x7": ROUND_THE_CLOCK}


def read_calendars(
    sections: Mapping[str, settings.CalendarSettings],
) -> tuple[Mapping[str, Calendar], list[Flaw]]:
    """Return the calendars by name, and every flaw; a calendar with a flaw is left out."""
    calendars, flaws = dict(BUILT_IN), []
    for name, section in sections.items():
        found = list(_flaws(name, section))
        flaws += found
        if not found:
            calendars[name] = _calendar(section)
    return calendars, flaws


def _calendar(section: settings.CalendarSettings) -> Calendar:
    week, _ = read_week(section.hours, "")
    days = DayHours(week, section.holidays, frozenset(section.closed), frozenset(section.open))
    return WorkingHours(section.zone, days, _version(section))


def _version(section: settings.CalendarSettings) -> str:
    """Return the version of a calendar's content.

    Holidays become known with new editions of the library, so its edition is part of the
    version.
    """
    known_by = edition() if section.holidays else ""
    return digest((section, known_by))


def _flaws(name: str, section: settings.CalendarSettings) -> Iterable[Flaw]:
    pointer = f"/sla/calendars/{name}"
    if name in BUILT_IN:
        yield Flaw(pointer, f'"{name}" is built in: choose another name')
    if section.zone not in time_zone_names():
        yield Flaw(f"{pointer}/zone", f"{section.zone!r} is no time zone of the IANA list")
    if section.holidays and not is_known_country(section.holidays):
        yield Flaw(
            f"{pointer}/holidays",
            f"{section.holidays!r} is no country of the holidays library, such as CN or DE-BY",
        )
    yield from read_week(section.hours, f"{pointer}/hours")[1]
    for day in sorted(set(section.closed) & set(section.open)):
        yield Flaw(f"{pointer}/open", f"{day} is closed as well")
