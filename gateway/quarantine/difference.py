"""The differences between a body and what its source expects, in plain words. Pure.

The expectation is given by the types that a source decodes a body into, each with the pointer it
stands at (`*` for every item).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import inspect
from rapidfuzz import fuzz, process

from gateway.errors import Flaw
from gateway.quarantine import masking, pointers
from gateway.quarantine.pointers import ABSENT, Steps

Expected = Mapping[str, Any]
"""The expected types by the pointer they stand at.

A tuple holds alternatives for a body that is one of them; a type within a body is of objects.
"""

MOST = 100
"""The most differences reported of one body."""

MIN_NAME_SIMILARITY = 75.0
"""The similarity, of 100, from which one name is taken for a misspelling of another."""

LONGEST = 200


class DifferenceKind(StrEnum):
    """The kind of a difference."""

    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    OUT_OF_BOUNDS = "out_of_bounds"
    UNKNOWN_NAME = "unknown_name"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference at one place.

    `found` is the value there, cut and without secrets; `meant` the pointer of the name that is
    expected.
    """

    pointer: str
    kind: DifferenceKind
    detail: str
    expected: str = ""
    found: str | None = None
    meant: str | None = None


def find_differences(
    body: Any, expected: Expected, flaws: Sequence[Flaw] = (), usual: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Return every difference of a decoded body, and the flaws its source found beside them.

    `usual` are names that such bodies have although nobody reads them: they are no misspellings.
    """
    found = (
        one
        for one in _all(body, expected)
        if one.kind is not DifferenceKind.UNKNOWN_NAME or _last(one.pointer) not in usual
    )
    told = {one.pointer: one for one in found}
    for flaw in flaws:
        there = _at(body, flaw.pointer)
        if flaw.pointer not in told:
            kind = (
                DifferenceKind.MISSING
                if there in (ABSENT, None, "")
                else DifferenceKind.OUT_OF_BOUNDS
            )
            told[flaw.pointer] = Difference(
                flaw.pointer, kind, flaw.detail, found=_shown(there, flaw.pointer)
            )
    return tuple(list(told.values())[:MOST])


def _all(body: Any, expected: Expected) -> Iterator[Difference]:
    for pointer, kind in expected.items():
        kinds = [inspect.type_info(one) for one in (kind if isinstance(kind, tuple) else (kind,))]
        for at, value in pointers.find_places(body, pointers.parse_pointer(pointer)):
            for where, one in _ones(value, at, within=bool(pointer)):
                yield from min(([*_walked(shape, one, where)] for shape in kinds), key=len)


def _ones(value: Any, at: Steps, *, within: bool) -> Iterator[tuple[Steps, Any]]:
    """Yield the body, or each item of one that is a list.

    Within a body, values that are neither an object nor a text that holds one are left out.
    """
    if within:
        read = _read(value)
        yield from [(at, read)] if isinstance(read, dict) else []
    elif isinstance(value, list):
        yield from (((*at, str(index)), one) for index, one in enumerate(value))
    else:
        yield at, value


def _read(value: Any) -> Any:
    """Return the JSON that a text holds, decoded; any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return value


def _walked(shape: inspect.Type, value: Any, at: Steps) -> Iterator[Difference]:
    if isinstance(shape, inspect.UnionType):
        chosen = next((one for one in shape.types if _fits(one, value)), None)
        shape = chosen if chosen is not None else shape
    if not _fits(shape, value):
        where, words = pointers.to_pointer(at), _words(shape)
        detail = f"{words} is expected here, and not {_kind(value)}"
        yield Difference(where, DifferenceKind.WRONG_TYPE, detail, words, _shown(value, where))
    elif isinstance(shape, inspect.StructType):
        yield from _members(shape, value, at)
    elif isinstance(shape, inspect.ListType):
        for index, one in enumerate(value):
            yield from _walked(shape.item_type, one, (*at, str(index)))
    elif isinstance(shape, inspect.DictType):
        for name, one in value.items():
            yield from _walked(shape.value_type, one, (*at, name))


def _members(
    shape: inspect.StructType, value: Mapping[str, Any], at: Steps
) -> Iterator[Difference]:
    known = {field.encode_name: field for field in shape.fields}
    lacking = [name for name in known if name not in value]
    meant = {_meant(name, lacking): name for name in value if name not in known}
    for name, field in known.items():
        where = (*at, name)
        if name in value:
            yield from _walked(field.type, value[name], where)
        elif field.required:
            words = _words(field.type)
            yield Difference(
                pointers.to_pointer(where),
                DifferenceKind.MISSING,
                f"{name} is missing: {words} is expected here",
                words,
            )
        if name in meant and name not in value:
            here = pointers.to_pointer((*at, meant[name]))
            detail = f"{meant[name]!r} is not read: {name!r} is"
            shown = _shown(value[meant[name]], here)
            yield Difference(
                here,
                DifferenceKind.UNKNOWN_NAME,
                detail,
                _words(field.type),
                shown,
                pointers.to_pointer(where),
            )


def _meant(name: str, lacking: Sequence[str]) -> str | None:
    """Return the missing expected name spelled most like this one, None if none is close."""
    found = process.extractOne(
        _plain(name),
        {one: _plain(one) for one in lacking},
        scorer=fuzz.ratio,
        score_cutoff=MIN_NAME_SIMILARITY,
    )
    return None if found is None else str(found[2])


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


TYPE_NAMES: Mapping[type[inspect.Type], tuple[str, Callable[[Any], bool]]] = {
    inspect.StrType: ("a text", lambda value: isinstance(value, str)),
    inspect.IntType: (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
    ),
    inspect.FloatType: (
        "a number",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    inspect.BoolType: ("true or false", lambda value: isinstance(value, bool)),
    inspect.NoneType: ("null", lambda value: value is None),
    inspect.ListType: ("a list", lambda value: isinstance(value, list)),
    inspect.StructType: ("an object", lambda value: isinstance(value, dict)),
    inspect.DictType: ("an object", lambda value: isinstance(value, dict)),
}
"""The name of each type and the test for it; a type that is not here accepts anything."""

ANYTHING: tuple[str, Callable[[Any], bool]] = ("anything", lambda _: True)


def _fits(shape: inspect.Type, value: Any) -> bool:
    if isinstance(shape, inspect.UnionType):
        return any(_fits(one, value) for one in shape.types)
    return TYPE_NAMES.get(type(shape), ANYTHING)[1](value)


def _words(shape: inspect.Type) -> str:
    if isinstance(shape, inspect.UnionType):
        return " or ".join(dict.fromkeys(_words(one) for one in shape.types))
    return TYPE_NAMES.get(type(shape), ANYTHING)[0]


def _kind(value: Any) -> str:
    return next((words for words, fits in TYPE_NAMES.values() if fits(value)), "this")


def _last(pointer: str) -> str:
    return pointer.rpartition("/")[2]


def _at(body: Any, pointer: str) -> Any:
    try:
        return pointers.value_at(body, pointers.parse_pointer(pointer))
    except ValueError:
        return ABSENT


def _shown(value: Any, pointer: str) -> str | None:
    if value is ABSENT:
        return None
    return msgspec.json.encode(masking.mask_value(value, _last(pointer))).decode(
        "utf-8", "replace"
    )[:LONGEST]
