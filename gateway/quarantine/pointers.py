"""JSON pointers (RFC 6901) in which a step `*` stands for every item of a list. Pure."""

import re
from collections.abc import Iterator
from typing import Any

EVERY_ITEM = "*"
INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
ABSENT: Any = object()
"""The mark of a missing value, which null is not."""

Steps = tuple[str, ...]


def parse_pointer(pointer: str) -> Steps:
    """Return the steps of a pointer; raises ValueError for a text that is not one."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"a pointer begins with a slash: {pointer[:80]!r}")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def to_pointer(path: Steps) -> str:
    """Return the pointer of these steps."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def find_places(value: Any, path: Steps, at: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield every place that a path names in a value, with its content.

    Nothing if there is none.
    """
    if not path:
        yield at, value
        return
    first, rest = path[0], path[1:]
    if first == EVERY_ITEM and isinstance(value, list):
        for index, item in enumerate(value):
            yield from find_places(item, rest, (*at, str(index)))
    elif (found := child(value, first)) is not ABSENT:
        yield from find_places(found, rest, (*at, first))


def child(value: Any, step: str) -> Any:
    """Return the member or item that one step leads to, or ABSENT."""
    if isinstance(value, dict):
        return value.get(step, ABSENT)
    if isinstance(value, list) and INDEX.fullmatch(step) and int(step) < len(value):
        return value[int(step)]
    return ABSENT


def value_at(value: Any, path: Steps) -> Any:
    """Return the value at a path without `*`, or ABSENT."""
    return next((there for _, there in find_places(value, path)), ABSENT)


def put(value: Any, path: Steps, new: Any) -> bool:
    """Write into a value, creating missing objects on the path; return whether it was possible.

    A value that is not an object is not replaced by one.
    """
    *way, last = path
    for step in way:
        value = value.setdefault(step, {}) if isinstance(value, dict) else child(value, step)
    if not isinstance(value, dict):
        return False
    value[last] = new
    return True


def take(value: Any, path: Steps) -> Any:
    """Remove a member from its object and return it; ABSENT if there is none."""
    *way, last = path
    parent = value_at(value, tuple(way))
    return parent.pop(last, ABSENT) if isinstance(parent, dict) else ABSENT


def overlap(one: Steps, other: Steps) -> bool:
    """Return whether two paths may name the same place, or one a place within the other's."""
    return all(a == b or EVERY_ITEM in (a, b) for a, b in zip(one, other, strict=False))
