"""Captured bodies of every source that are understood, to be shown beside one that is not.

`python3 gw examples` writes them anew from the captured ones of the tests.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FILE = Path(__file__).with_name("examples.json")


class Example(msgspec.Struct, frozen=True):
    """An example body, decoded, and the name of its test case."""

    case: str
    body: Any


@cache
def load_examples() -> Mapping[str, Sequence[Example]]:
    """Return all examples by source."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, list[Example]])


def names(examples: Sequence[Example]) -> frozenset[str]:
    """Return every member name that occurs anywhere in the examples."""
    return frozenset(path.rpartition("/")[2] for one in examples for path in _names(one.body))


def find_nearest(body: Any, examples: Sequence[Example]) -> Example | None:
    """Return the example whose names are most like those of the body; the first of equals.

    None if there are no examples.
    """
    mine = set(_names(body))

    def alike(one: Example) -> tuple[bool, float]:
        return isinstance(one.body, list) == isinstance(body, list), _likeness(
            mine, set(_names(one.body))
        )

    return max(examples, key=alike, default=None)


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _names(value: Any, at: str = "") -> Iterator[str]:
    """Yield every path of names in a body; all items of a list share one path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}/{name}"
            yield from _names(inner, f"{at}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, at)
