"""Mappings: changes to a body before its source reads it, for senders that rename fields. Pure.

A mapping that passed `check` gives the same result when it is applied to its own result: a body
that was mapped once, and refused for another reason, may be mapped again.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gateway.errors import Flaw, Malformed, Unprocessable
from gateway.quarantine import pointers
from gateway.quarantine.pointers import ABSENT, EVERY_ITEM, Steps

Pointer = Annotated[str, Meta(min_length=1, max_length=512)]
Word = Annotated[str, Meta(max_length=1_024)]
Scalar = Word | int | float | bool | None

DEEPEST = 16
"""The most steps of a pointer."""

MOST_COPIED = 262_144
"""The most bytes that one mapping adds to one body."""


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """One step of a mapping."""


class Rename(_Step, frozen=True, tag="rename", rename={"source": "from"}):
    """Move the value at `from` to `to`; both are alike up to the last `*`."""

    source: Pointer
    to: Pointer


class Copy(_Step, frozen=True, tag="copy", rename={"source": "from"}):
    """Copy the value at `from` to `to`; both are alike up to the last `*`."""

    source: Pointer
    to: Pointer


class Constant(_Step, frozen=True, tag="constant"):
    """Write `value` at `to`."""

    to: Pointer
    value: Scalar


class Values(_Step, frozen=True, tag="values"):
    """Replace the text or number at `at` by its entry in `values`, or else by `otherwise`.

    Without `otherwise`, a value that has no entry stays.
    """

    at: Pointer
    values: Annotated[dict[Word, Word], Meta(min_length=1, max_length=200)]
    otherwise: Word | None = None


Step = Rename | Copy | Constant | Values
Mapping = Annotated[tuple[Step, ...], Meta(max_length=32)]


def check(mapping: Mapping) -> None:
    """Raise Unprocessable, with every flaw, for a mapping that is not idempotent."""
    flaws = [flaw for index, step in enumerate(mapping) for flaw in _flaws(index, step)]
    if not flaws:
        flaws = list(_clashes(mapping))
    if flaws:
        raise Unprocessable("this mapping cannot be kept", flaws=tuple(flaws))


def _named(step: Step) -> dict[str, str]:
    """Return the pointers of a step by the name of their field."""
    match step:
        case Rename() | Copy():
            return {"from": step.source, "to": step.to}
        case Constant():
            return {"to": step.to}
    return {"at": step.at}


def _flaws(index: int, step: Step) -> Iterator[Flaw]:
    for name, pointer in _named(step).items():
        where = f"/steps/{index}/{name}"
        try:
            path = pointers.parse_pointer(pointer)
        except ValueError as error:
            yield Flaw(where, str(error))
            continue
        if len(path) > DEEPEST:
            yield Flaw(where, f"a pointer has at most {DEEPEST} steps")
        if path[-1] == EVERY_ITEM:
            yield Flaw(where, "a pointer names a member of an object: it does not end in *")
    match step:
        case Rename() | Copy() if _scope(step.source) != _scope(step.to):
            yield Flaw(f"/steps/{index}/to", "`from` and `to` are alike up to the last *")
        case Values() if _changes_twice(step):
            yield Flaw(
                f"/steps/{index}/values", "a word that is replaced is put in place of another one"
            )


def _scope(pointer: str) -> Steps:
    """Return the path up to the last `*`, which a step is repeated for."""
    path = pointers.parse_pointer(pointer) if pointer.startswith("/") else ()
    return path[: len(path) - path[::-1].index(EVERY_ITEM)] if EVERY_ITEM in path else ()


def _changes_twice(step: Values) -> bool:
    made = {*step.values.values(), *([step.otherwise] if step.otherwise is not None else [])}
    return any(step.values.get(word, word) != word for word in made)


def _clashes(mapping: Mapping) -> Iterator[Flaw]:
    """Yield a flaw for two steps that write to one place, or one that reads what another writes."""
    writes: list[tuple[int, str, Steps]] = []
    reads: list[tuple[int, str, Steps]] = []
    for index, step in enumerate(mapping):
        for name, pointer in _named(step).items():
            one = (index, name, pointers.parse_pointer(pointer))
            (reads if name == "from" else writes).append(one)
    told = (
        "another step has to do with this place too: "
        "each is written once, and what is written or moved away is not read"
    )
    values = [one for one in writes if one[1] == "at"]
    others = [one for one in writes if one[1] == "to"]
    taken = [one for one in reads if isinstance(mapping[one[0]], Rename)]
    emptied = [(a, b) for a in taken for b in reads if a is not b]
    pairs = [
        *combinations(others, 2),
        *combinations(values, 2),
        *((a, b) for a in reads for b in writes),
        *emptied,
    ]
    for (_, _, first), (index, name, second) in pairs:
        if pointers.overlap(first, second):
            yield Flaw(f"/steps/{index}/{name}", told)


def apply_mapping(mapping: Mapping, body: bytes) -> bytes:
    """Return the body with the mapping applied, to each item if it is a list.

    A body in which the mapping finds nothing, or that is not JSON, is returned as it is. Raises
    Malformed if the mapping would make the body too large.
    """
    try:
        return _applied(mapping, body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return body


def _applied(mapping: Mapping, body: bytes) -> bytes:
    value = msgspec.json.decode(body)
    room = [MOST_COPIED]
    changed = [
        _done(step, one, room)
        for one in (value if isinstance(value, list) else [value])
        for step in _in_order(mapping)
    ]
    return msgspec.json.encode(value) if any(changed) else body


def _in_order(mapping: Mapping) -> Iterator[Step]:
    """Yield the steps with `values` last: they apply to values that other steps put in place."""
    yield from (step for step in mapping if not isinstance(step, Values))
    yield from (step for step in mapping if isinstance(step, Values))


def _done(step: Step, value: Any, room: list[int]) -> bool:
    if isinstance(step, Values):
        return _replaced(step, value)
    scope = _scope(step.to)
    here = pointers.parse_pointer(step.to)[len(scope) :]
    there = () if isinstance(step, Constant) else pointers.parse_pointer(step.source)[len(scope) :]
    moved = [_moved(step, one, there, here, room) for _, one in pointers.find_places(value, scope)]
    return any(moved)


def _moved(
    step: Rename | Copy | Constant, value: Any, there: Steps, here: Steps, room: list[int]
) -> bool:
    """Apply a step once and return whether it changed anything.

    A value that cannot be put in its new place stays where it is.
    """
    if isinstance(step, Constant):
        return pointers.put(value, here, step.value) if isinstance(value, dict) else False
    found = pointers.value_at(value, there)
    if found is ABSENT:
        return False
    written = msgspec.json.encode(found)
    room[0] -= len(written)
    if room[0] < 0:
        raise Malformed(
            f"the mapping makes more than {MOST_COPIED} bytes more of this body",
            flaws=(Flaw(step.to, "too much"),),
        )
    if not pointers.put(value, here, msgspec.json.decode(written)):
        return False
    if isinstance(step, Rename):
        pointers.take(value, there)
    return True


def _replaced(step: Values, value: Any) -> bool:
    path = pointers.parse_pointer(step.at)
    made, changed = set(step.values.values()), False
    for where, old in list(pointers.find_places(value, path)):
        word = (
            old
            if isinstance(old, str)
            else msgspec.json.encode(old).decode()
            if isinstance(old, int | float)
            else None
        )
        if word is None:
            continue
        new = step.values.get(
            word, word if word in made or step.otherwise is None else step.otherwise
        )
        changed |= new != word and pointers.put(value, where, new)
    return changed
