"""Spans are joined, intersected and subtracted as sets of instants."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.oncall.spans import Span, intersect, join, subtract
from tests.support.clock import NOON

LAST = 20
Numbers = list[tuple[int, int]]
NUMBERS = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)), max_size=6)


def spans_of(numbers: Numbers) -> list[Span]:
    hour = timedelta(hours=1)
    return [(NOON + since * hour, NOON + until * hour) for since, until in numbers]


def instants(spans: list[Span]) -> set[int]:
    return {
        n
        for n in range(LAST)
        for since, until in spans
        if since <= NOON + timedelta(hours=n, minutes=30) < until
    }


def is_joined(spans: list[Span]) -> bool:
    edges = [at for span in spans for at in span]
    return edges == sorted(set(edges))


@given(NUMBERS)
def test_joined_spans_are_apart_and_cover_the_same(numbers: Numbers) -> None:
    joined = join(spans_of(numbers))
    assert is_joined(joined)
    assert instants(joined) == instants(spans_of(numbers))


@given(NUMBERS, st.tuples(st.integers(0, LAST), st.integers(0, LAST)).map(sorted))
def test_intersection_covers_what_both_cover(numbers: Numbers, one: list[int]) -> None:
    among = join(spans_of(numbers))
    span = spans_of([(one[0], one[1])])[0]
    assert instants(list(intersect(span, among))) == instants([span]) & instants(among)


@given(NUMBERS, NUMBERS)
def test_rest_covers_what_only_the_first_covers(first: Numbers, second: Numbers) -> None:
    spans, taken = join(spans_of(first)), join(spans_of(second))
    left = subtract(spans, taken)
    assert is_joined(left)
    assert instants(left) == instants(spans) - instants(taken)
