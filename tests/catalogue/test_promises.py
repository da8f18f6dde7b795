"""Promises of a service that nothing could keep are refused.

The other promises take precedence over those of policies.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.catalogue.promises import flaws_of, tailor_policies
from gateway.sla.calendars import read_calendars
from gateway.vocabulary import ClockName
from tests.catalogue.test_routing import a_service
from tests.sla.stories import POLICIES, SETTINGS

CALENDARS, _ = read_calendars(SETTINGS.sla.calendars)
OVERALL = ClockName.OVERALL


@pytest.mark.parametrize(
    ("targets", "pointer"),
    [
        ({"5": {}}, "/targets/5"),
        ({"1": {"lunch": "15m"}}, "/targets/1/lunch"),
        ({"1": {"overall": "soon"}}, "/targets/1/overall"),
        ({"1": {"overall": "0s"}}, "/targets/1/overall"),
        ({"1": {"overall": "3660d"}, "2": {"overall": "3661d"}}, "/targets/2/overall"),
    ],
)
def test_invalid_target_is_reported_with_pointer(
    targets: Mapping[str, Mapping[str, str]], pointer: str
) -> None:
    flaws = flaws_of("", "", targets, SETTINGS.sla, CALENDARS)
    assert [flaw.pointer for flaw in flaws] == [pointer]


def test_unknown_policy_and_calendar_are_reported_with_alternatives() -> None:
    policy, hours = flaws_of("gone", "never", {}, SETTINGS.sla, CALENDARS)
    assert (policy.pointer, hours.pointer) == ("/policy", "/support_hours")
    assert "itil-minutes" in policy.detail
    assert "24x7" in hours.detail


def test_valid_targets_have_no_flaw() -> None:
    targets = {"1": {"overall": "15m"}, "4": {"desk": "2wd"}}
    assert list(flaws_of("itil-minutes", "24x7", targets, SETTINGS.sla, CALENDARS)) == []


def test_service_without_targets_has_no_own_policy() -> None:
    assert tailor_policies(a_service("shop"), POLICIES, CALENDARS) == {}
    assert (
        tailor_policies(replace(a_service("shop"), support_hours="gone"), POLICIES, CALENDARS) == {}
    )


def test_service_targets_override_policy_per_clock() -> None:
    service = replace(a_service("shop"), targets={"1": {"overall": "7m"}})
    policy = tailor_policies(service, POLICIES, CALENDARS)["itil-minutes"]
    usual = POLICIES["itil-minutes"]
    assert policy.targets[1] == {**usual.targets[1], OVERALL: timedelta(minutes=7)}
    assert (policy.targets[2], policy.calendar) == (usual.targets[2], usual.calendar)


def test_working_days_of_targets_follow_support_hours() -> None:
    targets = {"1": {"overall": "2wd"}}
    for hours in ("24x7", "cn-office"):
        service = replace(a_service("shop"), support_hours=hours, targets=targets)
        policy = tailor_policies(service, POLICIES, CALENDARS)["itil-minutes"]
        assert policy.calendar is CALENDARS[hours]
        assert policy.targets[1][OVERALL] == 2 * CALENDARS[hours].day
