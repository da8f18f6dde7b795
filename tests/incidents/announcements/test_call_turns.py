"""People who are called one by one take turns."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.announcement import CallChoice
from gateway.incidents.announcements.call_turns import CallTurns
from tests.support.clock import NOON

LOGINS = ("ann", "bob", "eve")


def test_whoever_was_never_called_or_longest_ago_is_next() -> None:
    turns = CallTurns(called_at={"ann": NOON, "eve": NOON.replace(hour=1)})
    assert [turns.choose(CallChoice.NEXT, LOGINS) for _ in range(4)] == ["bob", "eve", "ann", "bob"]


def test_whoever_has_the_least_open_work_is_next() -> None:
    turns = CallTurns(open_work={"ann": 1, "bob": 3})
    assert [turns.choose(CallChoice.LEAST_LOADED, LOGINS) for _ in range(4)] == [
        "eve",
        "ann",
        "eve",
        "ann",
    ]


@given(st.integers(1, 60), st.dictionaries(st.sampled_from(LOGINS), st.just(NOON)))
def test_calls_of_one_transaction_are_spread_evenly(calls: int, known: dict[str, object]) -> None:
    turns = CallTurns(called_at=dict.fromkeys(known, NOON))
    counted = Counter(turns.choose(CallChoice.NEXT, LOGINS) for _ in range(calls))
    assert max(counted.values()) - min(counted[login] for login in LOGINS) <= 1
