"""The retry schedule lasts about 75 hours and every attempt ends in exactly one settlement."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.message import Delivered, Result, Retry, Undeliverable
from gateway.notify.retries import (
    GIVE_UP_AFTER,
    JITTER,
    LONGEST_ASKED,
    WAITS,
    defer,
    is_endpoint_failure,
    next_method,
    settle,
    wait_before,
)
from tests.support.clock import NOON

ID = UUID(int=5)
NEW = timedelta(0)
results = st.one_of(
    st.just(Delivered()),
    st.builds(Undeliverable, st.text()),
    st.builds(
        Retry,
        st.text(),
        after=st.none() | st.timedeltas(NEW, timedelta(days=400)),
        at_most=st.none() | st.integers(1, 5),
    ),
)


def test_retry_waits_sum_to_about_75_hours() -> None:
    assert timedelta(hours=75) < sum(WAITS, NEW) < timedelta(hours=76)
    assert sum(WAITS, NEW) * (1 + JITTER) < GIVE_UP_AFTER


@given(st.uuids(), st.integers(1, len(WAITS)))
def test_retry_wait_is_within_jitter_and_deterministic(identity: UUID, attempt: int) -> None:
    wait = wait_before(identity, attempt)
    assert wait is not None
    assert WAITS[attempt - 1] * (1 - JITTER) <= wait <= WAITS[attempt - 1] * (1 + JITTER)
    assert wait == wait_before(identity, attempt)


@given(st.uuids(), st.integers(1, 50), st.timedeltas(NEW, timedelta(days=9)), results)
def test_every_attempt_gives_one_settlement_matching_its_result(
    identity: UUID, attempt: int, age: timedelta, result: Result
) -> None:
    verdict = settle(identity, attempt, age, result)
    assert (
        verdict.state
        in {Delivered: {"sent"}, Undeliverable: {"dead"}, Retry: {"pending", "dead"}}[type(result)]
    )
    assert (verdict.state == "pending") == (verdict.wait > NEW)
    assert verdict.wait <= max(LONGEST_ASKED, WAITS[-1] * (1 + JITTER))


def test_retry_after_last_wait_is_dead() -> None:
    assert settle(ID, len(WAITS), NEW, Retry("down")).state == "pending"
    assert settle(ID, len(WAITS) + 1, NEW, Retry("down")).state == "dead"


def test_retry_with_limit_is_dead_at_its_limit() -> None:
    assert [settle(ID, n, NEW, Retry("answered 400", at_most=3)).state for n in (1, 2, 3)] == [
        "pending",
        "pending",
        "dead",
    ]


def test_longer_requested_wait_is_used() -> None:
    assert settle(ID, 1, NEW, Retry("answered 503", after=timedelta(minutes=9))).wait == timedelta(
        minutes=9
    )


def test_endlessly_deferred_row_is_dead_by_age() -> None:
    wait = timedelta(seconds=15)
    assert defer(ID, 1, NOON, NOON + wait, wait).refund
    assert defer(ID, 1, NOON, NOON + GIVE_UP_AFTER, wait).state == "dead"


def test_next_contact_method_is_immediate_and_counts_no_attempt() -> None:
    failed = settle(ID, 1, NEW, Retry("busy"))
    after = next_method(failed, 0, may_recover=True)
    assert (after.state, after.wait, after.refund, after.method, after.may_recover) == (
        "pending",
        NEW,
        True,
        1,
        True,
    )


def test_deferred_row_is_pending_until_too_old() -> None:
    wait = timedelta(minutes=1)
    assert defer(ID, 1, NOON, NOON, wait).state == "pending"
    assert defer(ID, 1, NOON, NOON + GIVE_UP_AFTER, wait).state == "dead"


def test_only_retry_with_endpoint_down_counts_as_failing() -> None:
    assert [
        is_endpoint_failure(one)
        for one in (
            Delivered(),
            Undeliverable("gone"),
            Retry("busy"),
            Retry("no answer", down=True),
        )
    ] == [
        False,
        False,
        False,
        True,
    ]
