from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.token_bucket import TokenBucket


def test_full_bucket_allows_burst_then_rate() -> None:
    bucket = TokenBucket.full(rate=2.0, burst=3.0, now=10.0)
    assert [bucket.take(1, 10.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(1, 10.0) == 0.5
    assert bucket.take(1, 10.5) == 0.0
    assert bucket.refill(1_000.0) == 3.0


def test_cost_above_burst_is_allowed_from_full_bucket_and_paid_back() -> None:
    bucket = TokenBucket.full(rate=1.0, burst=2.0, now=0.0)
    assert bucket.take(10, 0.0) == 0.0
    assert bucket.take(1, 0.0) == 9.0
    assert bucket.take(1, 9.0) == 0.0


def test_backward_clock_refills_nothing() -> None:
    bucket = TokenBucket.full(rate=1.0, burst=1.0, now=5.0)
    bucket.take(1, 5.0)
    assert bucket.refill(4.0) == 0.0
    assert bucket.refill(5.5) == 0.5


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 4)), max_size=40),
    st.floats(0.1, 10),
    st.floats(0.1, 10),
)
def test_total_taken_never_exceeds_burst_plus_rate(
    steps: list[tuple[float, float]], rate: float, burst: float
) -> None:
    bucket, now, taken = TokenBucket.full(rate, burst, 0.0), 0.0, 0.0
    for passed, cost in steps:
        now += passed
        if (wait := bucket.take(cost, now)) == 0.0:
            taken += cost
        else:
            assert wait > 0
    assert taken <= burst + rate * now + 4 + 1e-6
