"""Conversion of a decoded body to the types its source expects, without losing a value. Pure.

A number where a text is expected becomes its text, "5" where a number is expected becomes 5, a
single value in place of a list becomes a list of one. A value that cannot be converted is left
out if its source has a default for it; otherwise it stays and the source refuses it.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from msgspec import inspect

from gateway.errors import Malformed
from gateway.ingest.reading import limits
from gateway.ingest.reading.repair import Marks, add_mark, add_marks, encode_json, repair_json
from gateway.quarantine import pointers
from gateway.quarantine.pointers import Steps

T = TypeVar("T")

TRUTH: Mapping[str, bool] = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
}

LOST: Any = object()
"""The result for a value that cannot be converted."""


def conform_types(
    tree: Any, kinds: Any, kept: frozenset[Steps], at: Steps = ()
) -> tuple[Any, Marks]:
    """Return a body, or its part at `at`, as one of the kinds its source reads, with the changes.

    Of several kinds the one that needs the fewest changes is chosen; the items of a list are
    converted one by one. Places in `kept` (`*` for every item) are never left out.
    """
    tried = []
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        done: Marks = {}
        shape, copy = _shape(kind), _copy(tree)
        ones = (
            [((*at, str(index)), one) for index, one in enumerate(copy)]
            if isinstance(copy, list)
            else [(at, copy)]
        )
        turned = [(_turned(shape, one, where, kept, done), one) for where, one in ones]
        found = [one if new is LOST else new for new, one in turned]
        lost = sum(new is LOST for new, _ in turned)
        tried.append((lost, len(done), found if isinstance(tree, list) else found[0], done))
    _, _, chosen, done = min(tried, key=lambda attempt: attempt[:2])
    return chosen, done


@lru_cache(maxsize=256)
def _shape(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _copy(value: Any) -> Any:
    """Return a copy of a decoded value whose objects and lists may be changed."""
    if isinstance(value, dict):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _turned(
    shape: inspect.Type, value: Any, at: Steps, kept: frozenset[Steps], marks: Marks
) -> Any:
    if isinstance(shape, inspect.UnionType):
        return _chosen(shape, value, at, kept, marks)
    if isinstance(shape, inspect.StructType):
        return _members(shape, value, at, kept, marks) if isinstance(value, dict) else LOST
    if isinstance(shape, inspect.ListType):
        return _items(shape, value, at, kept, marks)
    if isinstance(shape, inspect.DictType):
        return _values(shape, value, at, kept, marks) if isinstance(value, dict) else LOST
    turn = SCALARS.get(type(shape))
    if turn is None:
        return value
    new = turn(value)
    if new is not LOST and (new != value or type(new) is not type(value)):
        add_mark(marks, at, f"read as {NAMES[type(shape)]}")
    return new


def _chosen(
    shape: inspect.UnionType, value: Any, at: Steps, kept: frozenset[Steps], marks: Marks
) -> Any:
    """Return the value as the type of the union that needs the fewest changes."""
    tried = []
    for one in shape.types:
        done: Marks = {}
        if (new := _turned(one, _copy(value), at, kept, done)) is not LOST:
            tried.append((len(done), new, done))
    if not tried:
        return LOST
    _, new, done = min(tried, key=lambda attempt: attempt[0])
    marks.update(done)
    return new


def _members(
    shape: inspect.StructType,
    value: dict[str, Any],
    at: Steps,
    kept: frozenset[Steps],
    marks: Marks,
) -> Any:
    for field in shape.fields:
        if field.encode_name in value:
            _member(field, value, (*at, field.encode_name), kept, marks)
        elif field.required:
            return LOST
    return value


def _member(
    field: inspect.Field, parent: dict[str, Any], at: Steps, kept: frozenset[Steps], marks: Marks
) -> None:
    new = _turned(field.type, parent[field.encode_name], at, kept, marks)
    if new is not LOST:
        parent[field.encode_name] = new
    elif not field.required and not is_kept(at, kept):
        del parent[field.encode_name]
        add_mark(marks, at, "left out: it cannot be read")


def decode_repaired(body: bytes, kind: type[T], *, retyped: bool = True) -> T:
    """Decode a body as `kind`, repaired where needed; raises Malformed if that does not help."""
    return decode_with_repairs(body, kind, retyped=retyped)[0]


def decode_with_repairs(
    body: bytes, kind: type[T], charset: str = "", *, retyped: bool = True
) -> tuple[T, Marks]:
    """Decode a body as `kind`; return the result and the repairs.

    `charset` is the declared one. Without `retyped` only the text is repaired, and a value of
    another type than `kind` expects is refused, so that nothing is left out unnoticed when the
    sender gets no receipt.
    """
    try:
        return limits.decode(body, kind), {}
    except Malformed:
        found = repair_json(body, charset)
        if found is None:
            raise
        tree, marks = found
        if retyped:
            tree, done = conform_types(tree, kind, frozenset())
            add_marks(marks, (), done)
        return limits.decode(encode_json(tree), kind), marks


def is_kept(at: Steps, kept: frozenset[Steps]) -> bool:
    """Return whether a place, or one within it, is never left out."""
    return any(len(one) >= len(at) and pointers.overlap(one, at) for one in kept)


def _items(
    shape: inspect.ListType, value: Any, at: Steps, kept: frozenset[Steps], marks: Marks
) -> Any:
    if isinstance(value, dict) or value is None:
        return LOST
    if not isinstance(value, list):
        add_mark(marks, at, "read as a list of one")
        value = [value]
    found = []
    for index, one in enumerate(value):
        new = _turned(shape.item_type, one, (*at, str(index)), kept, marks)
        if new is LOST:
            add_mark(marks, (*at, str(index)), "left out: it cannot be read")
        else:
            found.append(new)
    return found


def _values(
    shape: inspect.DictType, value: dict[str, Any], at: Steps, kept: frozenset[Steps], marks: Marks
) -> Any:
    found = {}
    for name, one in value.items():
        new = _turned(shape.value_type, one, (*at, name), kept, marks)
        if new is LOST:
            add_mark(marks, (*at, name), "left out: it cannot be read")
        else:
            found[name] = new
    return found


def _text(value: Any) -> Any:
    """Return a text unchanged, and any other value but null as JSON."""
    if isinstance(value, str):
        return value
    return LOST if value is None else encode_json(value).decode()


def _whole(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)
    return int(number) if number is not LOST and float(number).is_integer() else LOST


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return LOST
    try:
        number = float(value[:40]) if isinstance(value, str) else value
    except ValueError:
        return LOST
    return number if math.isfinite(number) else LOST


def _truth(value: Any) -> Any:
    return value if isinstance(value, bool) else TRUTH.get(str(value).strip().casefold(), LOST)


def _nothing(value: Any) -> Any:
    return None if value is None else LOST


SCALARS: Mapping[type[inspect.Type], Callable[[Any], Any]] = {
    inspect.StrType: _text,
    inspect.IntType: _whole,
    inspect.FloatType: _number,
    inspect.BoolType: _truth,
    inspect.NoneType: _nothing,
}
NAMES: Mapping[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.NoneType: "null",
}
"""The description of each type in repairs."""
