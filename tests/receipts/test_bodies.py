"""Bodies are stored until the repeats or bytes of one integration are too many.

The limits of other integrations are not affected.
"""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts.bodies import CUT, IS_CUT, KEPT_PER_MINUTE, BodyBudget
from gateway.vocabulary import Outcome
from tests.support.clock import NOON

OPENED, REPEATED = [Outcome.OPENED], [Outcome.REPEATED]


def test_bodies_of_repeats_are_limited_per_minute() -> None:
    budget = BodyBudget(10**9)
    kept = [budget.keep(1, REPEATED, 10, NOON) for _ in range(KEPT_PER_MINUTE + 5)]
    assert kept == [True] * KEPT_PER_MINUTE + [False] * 5
    assert budget.keep(1, (), 10, NOON) is False
    assert budget.keep(1, OPENED, 10, NOON) is True
    assert budget.keep(1, REPEATED, 10, NOON + timedelta(minutes=1)) is True


def test_stored_bytes_per_day_are_limited_per_integration() -> None:
    budget = BodyBudget(86_400)
    assert [budget.keep(1, OPENED, 40_000, NOON) for _ in range(3)] == [True, True, False]
    assert budget.keep(2, OPENED, 40_000, NOON) is True
    assert budget.keep(1, OPENED, 40_000, NOON + timedelta(hours=10)) is True


def test_refused_body_beyond_budget_is_cut_and_marked() -> None:
    budget, body = BodyBudget(86_400), b"x" * 60_000
    assert budget.refused(1, body, "no alert", NOON) == (body, "no alert")
    assert budget.refused(1, body, "no alert", NOON) == (body[:CUT], "no alert" + IS_CUT)
    assert budget.refused(1, body, "p" * 1_000, NOON)[1].endswith(IS_CUT)
    assert len(budget.refused(1, body, "p" * 1_000, NOON)[1]) == 1_000
    assert budget.refused(1, b"y" * CUT, "no alert", NOON) == (b"y" * CUT, "no alert")


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 7_200)), max_size=40))
def test_stored_bytes_never_exceed_budget_over_time(bodies: list[tuple[int, int]]) -> None:
    budget, now, kept = BodyBudget(86_400), NOON, 0
    for size, seconds in bodies:
        now += timedelta(seconds=seconds)
        kept += size if size <= 86_400 and budget.take(1, size, now) else 0
    assert kept <= 86_400 + (now - NOON).total_seconds()
