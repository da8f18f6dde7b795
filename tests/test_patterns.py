"""No text from outside holds the event loop in a regular expression: each needs time in proportion to its text."""

import json
import re
import time

import pytest

from gateway.api import body
from gateway.durations import MOST_CHARS, duration, promise
from gateway.errors import Malformed, TooLarge
from gateway.kinship import reading
from gateway.operations import meaning
from tests.support.patterns import Applied, every_pattern, hostile

SIZES = (256, 6_000)
YARDSTICK = Applied("yardstick", re.compile(r"[^\s<>@]{1,100}@"), frozenset({"search"}))
"""A pattern that looks at a hundred characters from each one: the most that one may need."""

TIMES = 2
"""Times of the yardstick; a pattern that needs the square of its text takes more than ten."""

LARGEST = {
    "gateway.durations:": MOST_CHARS,
    "gateway.operations.meaning.": meaning.LOOKED_AT,
    "gateway.kinship.": 2 * reading.READ,
}
"""Characters of the longest text that the patterns of a module ever see, where that is less."""


def seconds(applied: Applied, text: str) -> float:
    began = time.thread_time()
    applied.run(text)
    return time.thread_time() - began


@pytest.fixture(scope="module")
def within_s() -> float:
    """Return the seconds of processor time that one application may take on this machine."""
    return TIMES * min(seconds(YARDSTICK, "\u4e2d" * max(SIZES)) for _ in range(5))


@pytest.mark.parametrize("applied", every_pattern(), ids=str)
def test_a_pattern_is_quick_on_hostile_text(applied: Applied, within_s: float) -> None:
    most = min((size for place, size in LARGEST.items() if applied.place.startswith(place)), default=max(SIZES))
    for size in (*(size for size in SIZES if size < most), most):
        slow = [text for text in hostile(size) if seconds(applied, text) > within_s]
        slow = [text[:20] for text in slow if min(seconds(applied, text) for _ in range(3)) > within_s]
        assert not slow, f"{applied.pattern.pattern!r} needs more than {within_s:.3f} s for {size} characters: {slow}"


def test_a_pattern_that_needs_the_square_of_its_text_is_found_out(within_s: float) -> None:
    square = Applied("square", re.compile(r"[^\s<>@]*@"), frozenset({"search"}))
    assert any(seconds(square, text) > within_s for text in hostile(max(SIZES)))


@pytest.mark.parametrize("unit", [b'"\\', b'"\\"', b'"\\\n', b'\\"', b'"', b"[", b"{", b"[]", b'"\\\\', b"\\u000"])
def test_a_body_of_the_largest_size_is_refused_at_once(unit: bytes) -> None:
    hostile_body = (unit * body.MAX_BYTES)[: body.MAX_BYTES]
    began = time.thread_time()
    with pytest.raises((Malformed, TooLarge)):
        body.decode(hostile_body, dict)
    assert time.thread_time() - began < 0.2


@pytest.mark.parametrize("depth", [1, body.MAX_DEPTH, body.MAX_DEPTH + 1])
def test_brackets_within_strings_are_not_counted_as_depth(depth: int) -> None:
    nested = '{"[\\"{": ' * depth + "1" + "}" * depth
    if depth > body.MAX_DEPTH:
        with pytest.raises(TooLarge):
            body.decode(nested.encode(), dict)
    else:
        assert body.decode(nested.encode(), dict) == json.loads(nested)


def test_a_long_text_is_no_duration() -> None:
    for read in (duration, promise):
        with pytest.raises(ValueError, match="at most 64 characters"):
            read("1" * 200_000)
