from hypothesis import given
from hypothesis import strategies as st

from gateway.token_bucket import TokenBucket


def test_a_full_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket.full(rate=2.0, burst=3.0, now=10.0)
    assert [bucket.take(1, 10.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(1, 10.0) == 0.5
    assert bucket.take(1, 10.5) == 0.0
    assert bucket.refill(1_000.0) == 3.0


def test_what_costs_more_than_the_bucket_holds_is_taken_from_a_full_one_and_paid_back() -> None:
    bucket = TokenBucket.full(rate=1.0, burst=2.0, now=0.0)
    assert bucket.take(10, 0.0) == 0.0
    assert bucket.take(1, 0.0) == 9.0
    assert bucket.take(1, 9.0) == 0.0


def test_a_clock_that_is_read_out_of_order_gives_nothing_away() -> None:
    bucket = TokenBucket.full(rate=1.0, burst=1.0, now=5.0)
    bucket.take(1, 5.0)
    assert bucket.refill(4.0) == 0.0
    assert bucket.refill(5.5) == 0.5


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 4)), max_size=40),
    st.floats(0.1, 10),
    st.floats(0.1, 10),
)
def test_no_more_is_taken_than_the_burst_and_what_the_rate_gave(
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
