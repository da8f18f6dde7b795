"""A failing server is left alone, and tried again by one probe at a time."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.circuit_breaker import CircuitBreaker


def opened(failures: int = 1, first: float = 5.0, longest: float = 5.0) -> CircuitBreaker:
    breaker = CircuitBreaker(failures, first, longest)
    for _ in range(failures):
        breaker.report(0.0, failed=True)
    return breaker


def test_breaker_opens_after_allowed_failures_in_a_row() -> None:
    breaker = CircuitBreaker(2, 5.0, 5.0)
    breaker.report(0.0, failed=True)
    assert (breaker.closed, breaker.wait(0.0)) == (True, 0.0)
    breaker.report(0.0, failed=False)
    breaker.report(1.0, failed=True)
    assert breaker.closed
    breaker.report(1.0, failed=True)
    assert (breaker.closed, breaker.wait(1.0)) == (False, 5.0)


def test_probe_without_report_costs_first_pause() -> None:
    breaker = opened()
    waits = [breaker.wait(at) for at in (4.0, 5.0, 6.0, 9.0, 10.0)]
    assert waits == [1.0, 0.0, 4.0, 1.0, 0.0]


def test_success_closes_breaker() -> None:
    breaker = opened(2)
    for at in range(9):
        breaker.report(at, failed=True)
    breaker.report(9.0, failed=False)
    assert (breaker.closed, breaker.wait(9.0)) == (True, 0.0)


def test_failed_probes_double_pause_up_to_longest() -> None:
    breaker, now, pauses = opened(longest=30.0), 0.0, []
    for _ in range(4):
        now += breaker.wait(now)
        assert breaker.wait(now) == 0.0
        breaker.report(now, failed=True)
        pauses.append(breaker.wait(now))
    assert pauses == [10.0, 20.0, 30.0, 30.0]


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=80))
def test_wait_never_exceeds_longest_pause(history: list[tuple[int, bool]]) -> None:
    breaker, now = CircuitBreaker(3, 15.0, 300.0), 0
    for passed, failed in history:
        now += passed
        assert 0.0 <= breaker.wait(now) <= 300.0
        breaker.report(now, failed=failed)
