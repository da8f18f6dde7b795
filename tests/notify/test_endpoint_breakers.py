"""A failing endpoint gets no messages for a pause, and then one as a probe."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.endpoint_breakers import (
    FAILURES,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    REMEMBERED,
    EndpointBreakers,
)


def opened() -> EndpointBreakers:
    breakers = EndpointBreakers()
    for _ in range(FAILURES):
        breakers.report("a", 0.0, failed=True)
    return breakers


def test_failures_in_a_row_open_circuit_of_that_endpoint_only() -> None:
    breakers = opened()
    assert breakers.wait("a", 1.0) == FIRST_PAUSE_S - 1.0
    assert breakers.wait("b", 1.0) == 0.0
    assert breakers.open_count() == 1


def test_one_probe_is_allowed_after_pause() -> None:
    breakers = opened()
    assert breakers.wait("a", FIRST_PAUSE_S) == 0.0
    assert breakers.wait("a", FIRST_PAUSE_S) > 0.0


def test_successful_probe_closes_circuit() -> None:
    breakers = opened()
    breakers.wait("a", FIRST_PAUSE_S)
    breakers.report("a", FIRST_PAUSE_S, failed=False)
    assert [breakers.wait("a", FIRST_PAUSE_S) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert breakers.open_count() == 0


def test_failed_probe_doubles_pause() -> None:
    breakers = opened()
    breakers.wait("a", FIRST_PAUSE_S)
    breakers.report("a", FIRST_PAUSE_S, failed=True)
    assert breakers.wait("a", FIRST_PAUSE_S) == 2 * FIRST_PAUSE_S


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.booleans()), max_size=80))
def test_wait_never_exceeds_longest_pause(history: list[tuple[str, int, bool]]) -> None:
    breakers, now = EndpointBreakers(), 0
    for endpoint, passed, failed in history:
        now += passed
        assert 0.0 <= breakers.wait(endpoint, now) <= LONGEST_PAUSE_S
        breakers.report(endpoint, now, failed=failed)


def test_remembered_endpoints_are_bounded() -> None:
    breakers = EndpointBreakers()
    for n in range(REMEMBERED * 2):
        breakers.report(str(n), 0.0, failed=True)
    assert len(breakers._endpoints) == REMEMBERED
