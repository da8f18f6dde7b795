"""What does not answer is left alone, and asked again by one probe at a time."""

from gateway.sla.timers.index_breaker import IndexBreaker


def test_breaker_opens_after_allowed_failures_in_a_row() -> None:
    breaker = IndexBreaker(failures=2, probe=5.0)
    breaker.failed(0.0)
    assert (breaker.closed, breaker.allows(0.0)) == (True, True)
    breaker.succeeded()
    breaker.failed(1.0)
    assert breaker.closed
    breaker.failed(1.0)
    assert (breaker.closed, breaker.allows(1.0)) == (False, False)


def test_open_breaker_allows_one_probe_per_interval() -> None:
    breaker = IndexBreaker(failures=1, probe=5.0)
    breaker.failed(0.0)
    assert [breaker.allows(at) for at in (4.9, 5.0, 5.1, 9.9, 10.0)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_success_closes_breaker() -> None:
    breaker = IndexBreaker(failures=2)
    for at in range(9):
        breaker.failed(at)
    breaker.succeeded()
    assert (breaker.closed, breaker.allows(0.0)) == (True, True)
