"""SLA promises of services in the catalogue, applied over those of the configuration. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from gateway import settings
from gateway.catalogue.model import Service, WrittenTargets
from gateway.errors import Flaw
from gateway.sla.calendar import Calendar
from gateway.sla.policies import length_of
from gateway.sla.policy import Policy
from gateway.sla.policy_choice import with_service_targets
from gateway.timing.durations import parse_working_time
from gateway.vocabulary import ClockName


def flaws_of(
    policy: str,
    support_hours: str,
    targets: WrittenTargets,
    sla: settings.SlaSettings,
    calendars: Iterable[str],
) -> Iterator[Flaw]:
    """Yield everything that makes a service's promises impossible to keep."""
    if policy and policy not in sla.policies:
        yield Flaw(
            "/policy", f"no policy is named {policy!r}: there are {', '.join(sorted(sla.policies))}"
        )
    if support_hours and support_hours not in calendars:
        yield Flaw(
            "/support_hours",
            f"no calendar is named {support_hours!r}: there are {', '.join(sorted(calendars))}",
        )
    for priority, row in targets.items():
        if priority not in {"1", "2", "3", "4"}:
            yield Flaw(f"/targets/{priority}", "a priority is 1, 2, 3 or 4")
        for clock, text in row.items():
            yield from _target_flaws(f"/targets/{priority}/{clock}", clock, text)


def _target_flaws(pointer: str, clock: str, text: str) -> Iterator[Flaw]:
    if clock not in set(ClockName):
        yield Flaw(pointer, f"there is no such clock: there are {', '.join(ClockName)}")
    try:
        target = parse_working_time(text)
    except (ValueError, OverflowError) as error:
        yield Flaw(pointer, str(error))
    else:
        if not timedelta() < target + timedelta(days=target.working_days) <= timedelta(days=3660):
            yield Flaw(pointer, "a target is longer than 0s and shorter than ten years")


def tailor_policies(
    service: Service, policies: Mapping[str, Policy], calendars: Mapping[str, Calendar]
) -> Mapping[str, Policy]:
    """Return the policies as they apply to this service, by name.

    They use its support hours and its targets; there are none if it has neither.
    """
    calendar = calendars.get(service.support_hours)
    if calendar is None and not service.targets:
        return {}
    return {name: _tailored(service, policy, calendar) for name, policy in policies.items()}


def _tailored(service: Service, policy: Policy, calendar: Calendar | None) -> Policy:
    counted = policy if calendar is None else replace(policy, calendar=calendar)
    rows = {
        int(priority): {
            ClockName(clock): length_of(parse_working_time(text), counted.calendar)
            for clock, text in row.items()
        }
        for priority, row in service.targets.items()
    }
    return with_service_targets(counted, rows)
