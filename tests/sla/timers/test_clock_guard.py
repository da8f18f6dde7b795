"""The clock of PostgreSQL is trusted only when its samples agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sla.timers.clock_guard import PATIENCE, ClockGuard

START = 1_772_452_800_000_000
SECOND = 1_000_000


def a_judge() -> ClockGuard:
    judge = ClockGuard()
    assert not judge.trusted
    assert judge.sample(START, 0.0, 0.01)
    return judge


def test_estimate_before_first_sample_raises_lookup_error() -> None:
    assert not ClockGuard().sampled
    with pytest.raises(LookupError):
        ClockGuard().estimate_us(0.0)
    assert a_judge().sampled


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(-SECOND, SECOND)), max_size=30))
def test_jitter_and_slow_samples_stay_trusted(samples: list[tuple[float, int]]) -> None:
    judge, at = a_judge(), 0.0
    for took, jitter in samples:
        assert judge.sample(START + round((at + took / 2) * SECOND) + jitter // 2, at, at + took)
        assert not judge.stepped_back
        at += took + 1


def test_forward_leap_is_trusted_after_three_agreeing_samples() -> None:
    judge = a_judge()
    leap = START + 3600 * SECOND
    assert [judge.sample(leap + n * SECOND, n, n) for n in (1, 2, 3)] == [False, False, True]
    assert judge.estimate_us(4) == leap + 4 * SECOND


def test_disagreeing_samples_are_trusted_after_patience_expires() -> None:
    judge = a_judge()
    answers = [judge.sample(START + n * n * 100 * SECOND, n, n) for n in range(1, 40)]
    assert answers.index(True) == PATIENCE


def test_reverted_leap_is_not_step_back() -> None:
    judge = a_judge()
    assert not judge.sample(START + 3600 * SECOND, 1, 1)
    assert [judge.sample(START + n * SECOND, n, n) for n in (2, 3, 4)] == [False, False, True]
    assert not judge.stepped_back


def test_backward_step_is_trusted_at_once_and_noted() -> None:
    judge = a_judge()
    assert judge.sample(START - 60 * SECOND, 1, 1)
    assert judge.stepped_back
