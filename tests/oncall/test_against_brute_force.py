"""Schedules against a second implementation that looks at every minute."""

import os
import random
import time

import pytest

from gateway.oncall.expansion import gaps, on_call
from tests.oncall.brute_force import MINUTE
from tests.oncall.random_schedules import Case, random_case, random_period
from tests.support.process import print_figures

SEED = int(os.environ.get("SCHEDULES_SEED", "20261025"))
SCHEDULES = int(os.environ.get("SCHEDULES", "0"))
"""How many schedules a long run compares, 0 for none."""

A_PERIOD, A_LONG_PERIOD = 10, 40
"""How many schedules share a period and its zones, whose clocks take long to read."""


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_random_schedules_match_brute_force_at_every_minute() -> None:
    dice = random.Random(SEED)
    period = random_period(dice, days=14)
    for number in range(300):
        if number % A_PERIOD == 0:
            period = random_period(dice, days=14)
        case = random_case(dice, period, covered=number % 3 == 0)
        found, expected = case.by_minute(), case.brute_force()
        if found != expected:
            pytest.fail(first_difference(case, found, expected))
        if number % 3 == 0:
            assert gaps(case.shifts(), period.since, period.until) == []


def first_difference(
    case: Case, found: list[frozenset[str]], expected: list[frozenset[str]]
) -> str:
    place = next(n for n in range(len(found)) if found[n] != expected[n])
    at = case.period.since + place * MINUTE
    told = (case.schedule, case.overrides, case.absences)
    return f"at {at} {sorted(found[place])} is not {sorted(expected[place])}: {told}"


@pytest.mark.exhaustive
@pytest.mark.skipif(not SCHEDULES, reason="a long run: python3 gw long schedules --seed 1")
@pytest.mark.timeout(0)
def test_many_random_schedules_match_brute_force_around_every_boundary() -> None:
    dice, began = random.Random(SEED), time.perf_counter()
    period, compared = random_period(dice, days=5), 0
    for number in range(SCHEDULES):
        if number % A_LONG_PERIOD == 0:
            period = random_period(dice, days=5)
        if number % 1_000 == 0:
            print_figures(schedules=number, minutes=compared, s=time.perf_counter() - began)
        compared += compare_around_boundaries(
            random_case(dice, period, covered=number % 3 == 0), dice, covered=number % 3 == 0
        )
    print_figures(schedules=SCHEDULES, minutes=compared, s=time.perf_counter() - began)


def compare_around_boundaries(case: Case, dice: random.Random, *, covered: bool) -> int:
    """Compare a minute before, at and after each boundary, and at 200 others; return how many."""
    found, expected, period = case.by_minute(), case.brute_force(), case.period
    edges = {n for n in range(1, period.minutes) if expected[n] != expected[n - 1]}
    for one in case.shifts():
        edges |= {(at - period.since) // MINUTE for at in (one.starts_at, one.ends_at)}
    near = {n + step for n in edges for step in (-1, 0, 1) if 0 <= n + step < period.minutes}
    chosen = sorted(near | set(dice.sample(range(period.minutes), 200)))
    if any(found[n] != expected[n] for n in chosen):
        pytest.fail(first_difference(case, found, expected))
    assert not covered or all(found[n] for n in chosen), case
    for n in dice.sample(chosen, 20):
        at = period.since + n * MINUTE
        told = on_call(case.schedule, case.overrides, case.absences, at)
        assert frozenset(told) == expected[n], (at, case)
        assert len(set(told)) == len(told)
    return len(chosen)
