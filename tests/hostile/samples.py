"""Small valid bodies: of a msgspec type, or from a captured request of a sender."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect as types

from tests.ingest.requests import FIXTURES

TEXTS = (
    "a", "INC-20260302-000001", "a@b.example", "default", "mail:a@b.example",
    "2026-03-02T12:00:00Z", "08:00", "1h", "en", "https://a.example/x", "GENERIC", "+4915112345678",
)  # fmt: skip
TIME = "2026-03-02T12:00:00Z"


def fitting(kind: Any, chance: Random) -> Any:
    """Return a JSON value of the type, with some of the optional fields."""
    return _value(types.type_info(kind), chance)


def _value(kind: types.Type, chance: Random) -> Any:
    made: Any = "a"
    match kind:
        case types.StructType():
            asked = [one for one in kind.fields if one.required or chance.random() < 0.5]
            made = {one.encode_name: _value(one.type, chance) for one in asked}
        case types.UnionType():
            made = _value(
                chance.choice([one for one in kind.types if not isinstance(one, types.NoneType)]),
                chance,
            )
        case types.EnumType():
            made = chance.choice([one.value for one in kind.cls])
        case types.LiteralType():
            made = chance.choice(list(kind.values))
        case types.StrType():
            made = chance.choice(
                [text for text in TEXTS if kind.pattern is None or re.search(kind.pattern, text)]
                or ["a"]
            )
        case types.IntType() | types.FloatType():
            made = next(int(bound) for bound in (kind.ge, kind.gt, kind.le, 1) if bound is not None)
        case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
            made = [_value(kind.item_type, chance)]
        case types.DictType():
            made = {_value(kind.key_type, chance): _value(kind.value_type, chance)}
        case _ if type(kind) in _SIMPLE:
            made = _SIMPLE[type(kind)](chance)
    return made


_SIMPLE: dict[type, Callable[[Random], Any]] = {
    types.BoolType: lambda chance: chance.random() < 0.5,
    types.DateTimeType: lambda _: TIME,
    types.DateType: lambda _: TIME[:10],
    types.NoneType: lambda _: None,
    types.AnyType: lambda _: {"a": "b"},
}


def captured() -> dict[str, list[Any]]:
    """Return the bodies of captured requests, JSON or forms as objects, by source."""
    found: dict[str, list[Any]] = {}
    for file in sorted(FIXTURES.glob("*/*/request.http")):
        body = file.read_bytes().partition(b"\n\n")[2]
        try:
            value = msgspec.json.decode(body)
        except msgspec.DecodeError:
            value = dict(parse_qsl(body.decode("utf-8", "replace")))
        if value:
            found.setdefault(file.parent.parent.name, []).append(value)
    return found


def encoded(value: Any) -> bytes:
    """Return the value as JSON; infinite numbers and lone surrogates are allowed."""
    return json.dumps(value).encode("utf-8", "surrogatepass")
