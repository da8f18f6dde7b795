"""No text from outside blocks the event loop in a regular expression.

Each pattern needs time in proportion to the length of its text.
"""

import json
import re
import time

import pytest

from gateway.correlation import features
from gateway.errors import Malformed, TooLarge
from gateway.operations.reporter import meaning
from gateway.timing.durations import MOST_CHARS, parse_duration, parse_working_time
from gateway.untrusted.json_limits import MAX_DEPTH
from gateway.web import body
from tests.support.patterns import AppliedPattern, backtracking_texts, every_pattern

SIZES = (256, 6_000)
YARDSTICK = AppliedPattern("yardstick", re.compile(r"[^\s<>@]{1,100}@"), frozenset({"search"}))
"""A pattern that looks at a hundred characters from each one.

The yardstick takes 12 ms where a pattern may take 15.
"""

TIMES = 1.25
"""The allowed time of a pattern, as a multiple of the yardstick's.

A pattern of quadratic time takes more than ten times as long.
"""

QUICK_S = 0.01
"""Seconds of processor time below which a pattern is not compared with the yardstick."""

LARGEST = {
    "gateway.timing.durations:": MOST_CHARS,
    "gateway.operations.reporter.meaning.": meaning.LOOKED_AT,
    "gateway.correlation.": 2 * features.MAX_TEXT_READ,
}
"""The longest text that the patterns of a module ever get, in characters, if limited."""


def seconds(applied: AppliedPattern, text: str) -> float:
    began = time.thread_time()
    applied.run(text)
    return time.thread_time() - began


def is_slow(applied: AppliedPattern, text: str) -> bool:
    """Return whether a pattern takes too long.

    The yardstick is timed at once, since a machine's speed changes.
    """
    taken, yardstick = [], []
    for _ in range(4):
        taken.append(seconds(applied, text))
        if taken[-1] < QUICK_S:
            return False
        yardstick.append(seconds(YARDSTICK, "\u4e2d" * max(SIZES)))
    return min(taken) > TIMES * min(yardstick)


@pytest.mark.parametrize("applied", every_pattern(), ids=str)
def test_pattern_is_fast_on_hostile_text(applied: AppliedPattern) -> None:
    most = min(
        (size for place, size in LARGEST.items() if applied.place.startswith(place)),
        default=max(SIZES),
    )
    for size in (*(size for size in SIZES if size < most), most):
        slow = [text[:20] for text in backtracking_texts(size) if is_slow(applied, text)]
        assert not slow, (
            f"{applied.pattern.pattern!r} takes over {TIMES} times the yardstick "
            f"for {size} characters: {slow}"
        )


def test_quadratic_pattern_is_detected() -> None:
    square = AppliedPattern("square", re.compile(r"[^\s<>@]*@"), frozenset({"search"}))
    assert any(is_slow(square, text) for text in backtracking_texts(max(SIZES)))


@pytest.mark.parametrize(
    "unit", [b'"\\', b'"\\"', b'"\\\n', b'\\"', b'"', b"[", b"{", b"[]", b'"\\\\', b"\\u000"]
)
def test_hostile_body_of_maximum_size_is_refused_quickly(unit: bytes) -> None:
    hostile_body = (unit * body.MAX_BYTES)[: body.MAX_BYTES]
    began = time.thread_time()
    with pytest.raises((Malformed, TooLarge)):
        body.decode(hostile_body, dict)
    assert time.thread_time() - began < 0.2


@pytest.mark.parametrize("depth", [1, MAX_DEPTH, MAX_DEPTH + 1])
def test_brackets_in_strings_do_not_count_as_body_depth(depth: int) -> None:
    nested = '{"[\\"{": ' * depth + "1" + "}" * depth
    if depth > MAX_DEPTH:
        with pytest.raises(TooLarge):
            body.decode(nested.encode(), dict)
    else:
        assert body.decode(nested.encode(), dict) == json.loads(nested)


def test_overlong_duration_text_is_refused() -> None:
    for read in (parse_duration, parse_working_time):
        with pytest.raises(ValueError, match="at most 64 characters"):
            read("1" * 200_000)
