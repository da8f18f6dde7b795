"""The rules choose the policy of a record and warm the cache of its calendar."""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest

from gateway.errors import Misconfigured
from gateway.escalation.due_times import explain
from gateway.escalation.sla_rules import SlaRules
from gateway.sla.calendar import RoundTheClock
from gateway.sla.clocks import read_clocks
from gateway.sla.policies import read_policies
from gateway.sla.policy_choice import PolicyChoice
from gateway.timing.durations import WorkingTime
from tests.escalation.fresh_record import FRESH, RULES
from tests.sla.stories import POLICIES, POLICY, SETTINGS, minute


def test_unknown_policy_falls_back_to_default() -> None:
    assert explain(replace(FRESH, policy="gone"), RULES, minute(3)) == read_clocks(
        POLICY, FRESH.ledger, minute(3)
    )
    assert SlaRules.from_settings(SETTINGS).policies.keys() == POLICIES.keys()


def test_empty_target_is_misconfigured() -> None:
    shipped = SETTINGS.sla.policies["itil-minutes"]
    broken = msgspec.structs.replace(
        shipped, targets={**shipped.targets, 1: {"desk": WorkingTime()}}
    )
    with pytest.raises(Misconfigured):
        read_policies(msgspec.structs.replace(SETTINGS.sla, policies={"itil-minutes": broken}))


class CountedCalendar(RoundTheClock):
    """A round-the-clock calendar that records the spans it was asked for."""

    def __init__(self) -> None:
        self.asked: list[timedelta] = []

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        self.asked.append(until - since)
        return super().between(since, until)


def test_calendar_cache_is_warmed_for_next_month() -> None:
    usual, unused = CountedCalendar(), CountedCalendar()
    policies = {"usual": replace(POLICY, calendar=usual), "other": replace(POLICY, calendar=unused)}
    rules = SlaRules(policies, "usual", RULES.escalation, PolicyChoice("usual"))
    rules.warm(minute(0))
    assert usual.asked == [timedelta(days=31)]
    assert unused.asked == []
    rules.warm_all(minute(0))
    assert unused.asked == [timedelta(days=31)]
