"""SLA policies from the configuration, with their calendars, and the flaws in both. Pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from gateway import settings
from gateway.errors import Flaw, Misconfigured
from gateway.sla.calendar import ROUND_THE_CLOCK, Calendar
from gateway.sla.calendars import read_calendars
from gateway.sla.policy import Policy
from gateway.sla.policy_choice import Targets, choice_flaws, with_service_targets
from gateway.timing.durations import WorkingTime
from gateway.vocabulary import ClockName

LONGEST = timedelta(days=366)
"""The longest target; in working time it may take years."""

Rows = Mapping[int, Mapping[Any, WorkingTime]]


def read_policies(sla: settings.SlaSettings) -> Mapping[str, Policy]:
    """Return the policies by name.

    Raises Misconfigured with every flaw of every calendar, policy and choice of a policy.
    """
    calendars, flaws = read_calendars(sla.calendars)
    for name, section in sla.policies.items():
        flaws += _flaws(f"/sla/policies/{name}", section, {*calendars, *sla.calendars})
    for name, service in sla.services.items():
        flaws += _target_flaws(f"/sla/services/{name}", service.targets)
    flaws += choice_flaws(sla)
    if flaws:
        raise Misconfigured("the SLA policies cannot be used", flaws=tuple(flaws))
    return {
        name: _policy(name, section, calendars[section.calendar])
        for name, section in sla.policies.items()
    }


def _flaws(
    pointer: str, section: settings.PolicySettings, calendars: Iterable[str]
) -> Iterable[Flaw]:
    if section.calendar not in calendars:
        yield Flaw(
            f"{pointer}/calendar",
            f"no calendar is named {section.calendar!r}: there are {', '.join(sorted(calendars))}",
        )
    yield from _target_flaws(pointer, section.targets)


def _target_flaws(pointer: str, rows: Rows) -> Iterable[Flaw]:
    for priority, targets in rows.items():
        for clock, target in targets.items():
            if target <= timedelta() and target.working_days <= 0:
                yield Flaw(f"{pointer}/targets/{priority}/{clock}", "a target is longer than 0s")
            if target > LONGEST:
                yield Flaw(
                    f"{pointer}/targets/{priority}/{clock}",
                    f"a target is at most {LONGEST.days} days",
                )


def _policy(name: str, section: settings.PolicySettings, calendar: Calendar) -> Policy:
    targets = _targets(section.targets, calendar)
    closing = section.auto_close_after
    closing_in = calendar if closing.working_days else ROUND_THE_CLOCK
    return Policy(
        name, section.warn_at, length_of(closing, calendar), targets, calendar, closing_in
    )


def read_tailored(
    sla: settings.SlaSettings, policies: Mapping[str, Policy]
) -> Mapping[tuple[str, str], Policy]:
    """Return the policies by policy and service, for each service that sets targets of its own."""
    return {
        (name, service): with_service_targets(policy, _targets(section.targets, policy.calendar))
        for service, section in sla.services.items()
        if section.targets
        for name, policy in policies.items()
    }


def _targets(rows: Rows, calendar: Calendar) -> Targets:
    return {
        p: {ClockName(clock): length_of(target, calendar) for clock, target in row.items()}
        for p, row in rows.items()
    }


def length_of(promise: WorkingTime, calendar: Calendar) -> timedelta:
    """Return a promise as time of the calendar, whose working days may be shorter than 24 h."""
    return timedelta() + promise + calendar.day * promise.working_days
