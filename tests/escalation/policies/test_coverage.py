"""The times at which an escalation policy would reach nobody."""

from collections.abc import Collection
from datetime import datetime, timedelta

from gateway.escalation.policies.coverage import policy_coverage
from gateway.escalation.policies.policy import Hours
from tests.escalation.policies.pages import policy, rules, step
from tests.support.clock import NOON

HOURS = [NOON + timedelta(hours=hour) for hour in range(25)]


def by_day(target: str, at: datetime) -> Collection[str]:
    """Return who is reached: a schedule from noon to six, a person always."""
    if target == "schedule:day":
        return ["ann"] if at < HOURS[6] else []
    return ["bob"] if target == "person:bob" else []


def test_step_without_anybody_on_call_is_told_with_its_time() -> None:
    two = policy(step("schedule:day"), step("person:bob", after=5))
    found = policy_coverage(two, rules(two).book, by_day, HOURS)
    assert [one.nobody for one in found.steps] == [((HOURS[6], HOURS[24]),), ()]
    assert found.nobody == ()


def test_policy_whose_every_step_reaches_nobody_is_told_as_a_whole() -> None:
    two = policy(step("schedule:day"), step("person:gone", after=5))
    found = policy_coverage(two, rules(two).book, by_day, HOURS)
    assert found.nobody == ((HOURS[6], HOURS[24]),)


def test_step_is_not_missed_outside_its_hours() -> None:
    two = policy(step("person:gone", hours=Hours.OUTSIDE), step("person:bob"))
    found = policy_coverage(two, rules(two).book, by_day, HOURS)
    assert [one.nobody for one in found.steps] == [(), ()]
