"""Captured requests of every source that are understood, to be shown beside one that is not.

`python3 gw examples` writes them anew from the captured ones of the tests.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FILE = Path(__file__).with_name("examples.json")


class Example(msgspec.Struct, frozen=True):
    """One body, decoded, and what its case is called."""

    case: str
    body: Any


@cache
def shipped() -> Mapping[str, Sequence[Example]]:
    """All there are, by source."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, list[Example]])


def names(examples: Sequence[Example]) -> frozenset[str]:
    """Every name that stands anywhere in them."""
    return frozenset(path.rpartition("/")[2] for one in examples for path in _names(one.body))


def nearest(body: Any, examples: Sequence[Example]) -> Example | None:
    """The example whose names are most like those of the body; the first of them, None where there is none."""
    mine = set(_names(body))

    def alike(one: Example) -> tuple[bool, float]:
        return isinstance(one.body, list) == isinstance(body, list), _likeness(mine, set(_names(one.body)))

    return max(examples, key=alike, default=None)


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _names(value: Any, at: str = "") -> Iterator[str]:
    """Every path of names in a body, the items of a list as one."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}/{name}"
            yield from _names(inner, f"{at}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, at)
