"""Policies from the configuration, with the calendars they count in, and everything wrong with either."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from gateway import settings
from gateway.errors import Flaw, Misconfigured
from gateway.sla.calendar import ROUND_THE_CLOCK, Calendar
from gateway.sla.calendars import read_calendars
from gateway.sla.policy import ClockName, Policy


def read_policies(sla: settings.Sla) -> Mapping[str, Policy]:
    """The policies by name; raises Misconfigured with every flaw of every calendar and policy.

    Countries are not looked up: `calendars.unknown_countries` does, and loads a slow library for it.
    """
    calendars, flaws = read_calendars(sla.calendars)
    for name, section in sla.policies.items():
        flaws += _flaws(f"/sla/policies/{name}", section, {*calendars, *sla.calendars})
    if flaws:
        raise Misconfigured("the SLA policies cannot be used", flaws=tuple(flaws))
    return {name: _policy(name, section, calendars[section.calendar]) for name, section in sla.policies.items()}


def _flaws(pointer: str, section: settings.Policy, calendars: Iterable[str]) -> Iterable[Flaw]:
    if section.calendar not in calendars:
        yield Flaw(f"{pointer}/calendar", f"no calendar is named {section.calendar!r}: there are {', '.join(sorted(calendars))}")
    for priority, targets in section.targets.items():
        for clock, target in targets.items():
            if target <= timedelta() and target.working_days <= 0:
                yield Flaw(f"{pointer}/targets/{priority}/{clock}", "a target is longer than 0s")


def _policy(name: str, section: settings.Policy, calendar: Calendar) -> Policy:
    targets = {
        priority: {ClockName(clock): length_of(target, calendar) for clock, target in row.items()}
        for priority, row in section.targets.items()
    }
    closing = section.auto_close_after
    closing_in = calendar if closing.working_days else ROUND_THE_CLOCK
    return Policy(name, section.warn_at, length_of(closing, calendar), targets, calendar, closing_in)


def length_of(promise: settings.Promise, calendar: Calendar) -> timedelta:
    """A promise in the calendar's time: a working day is as long as one of its own."""
    return timedelta() + promise + calendar.day * promise.working_days
