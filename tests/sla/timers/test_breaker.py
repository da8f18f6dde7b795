"""What does not answer is left alone, and asked again by one probe at a time."""

from gateway.sla.timers.breaker import Breaker


def test_calls_go_through_until_as_many_failures_in_a_row_as_are_allowed() -> None:
    breaker = Breaker(failures=2, probe=5.0)
    breaker.failed(0.0)
    assert (breaker.closed, breaker.allows(0.0)) == (True, True)
    breaker.succeeded()
    breaker.failed(1.0)
    assert breaker.closed
    breaker.failed(1.0)
    assert (breaker.closed, breaker.allows(1.0)) == (False, False)


def test_while_it_is_open_one_probe_goes_through_each_interval() -> None:
    breaker = Breaker(failures=1, probe=5.0)
    breaker.failed(0.0)
    assert [breaker.allows(at) for at in (4.9, 5.0, 5.1, 9.9, 10.0)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_one_answer_closes_it_whatever_failed_before() -> None:
    breaker = Breaker(failures=2)
    for at in range(9):
        breaker.failed(at)
    breaker.succeeded()
    assert (breaker.closed, breaker.allows(0.0)) == (True, True)
