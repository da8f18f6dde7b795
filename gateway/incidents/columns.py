"""The columns of the incident table, and the conversion of their values from and to rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, get_args, get_origin

import asyncpg
import msgspec

from gateway.incidents.field_traits import Trait, described_fields, fields_with
from gateway.incidents.record import Incident
from gateway.tokens.key_texts import redact_keys

_encode = msgspec.json.Encoder(order="deterministic").encode
_encode_rows = msgspec.json.Encoder().encode
_decode = msgspec.json.decode

FIELDS = described_fields(Incident)
NAMES = tuple(FIELDS)

OPENED = fields_with(Incident, Trait.OPENED)
"""The columns that are written for every new record."""

_COUNTED = fields_with(Incident, Trait.COUNTED)
_KEPT = fields_with(Incident, Trait.KEPT)

RARELY_OPENED = tuple(name for name in NAMES if name not in {*OPENED, *_COUNTED})
"""The columns that are written for new records only if one of them differs from its default."""

CHANGED = tuple(name for name in NAMES if name not in {*_KEPT, *_COUNTED})
"""The columns that a change of a record writes."""

MARKED = fields_with(Incident, Trait.TIMED)
"""The columns that a change with `marks_only` writes."""


def _maybe(kind: type[StrEnum]) -> Callable[[str | None], StrEnum | None]:
    words: dict[str | None, StrEnum | None] = {
        None: None,
        **{member.value: member for member in kind},
    }
    return words.__getitem__


def _reader(kind: Any) -> Callable[[Any], Any] | None:
    """Return the conversion from a column to a field of this type, None where both are alike."""
    if get_origin(kind) is tuple:
        return lambda text: tuple(_decode(text))
    if get_origin(kind) is Mapping:
        return _decode
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, StrEnum):
            return _maybe(one)
    return None


def _text(value: object) -> str:
    return _encode(value).decode()


FROM_ROW: Mapping[str, Callable[[Any], Any]] = {
    name: read
    for name, one in FIELDS.items()
    if (read := one.stored.read if one.stored else _reader(one.type)) is not None
}
"""The conversions from a column to a field, for columns that need one."""

TO_ROW: Mapping[str, Callable[[Any], Any]] = {
    name: one.stored.write if one.stored else _text
    for name, one in FIELDS.items()
    if one.stored or get_origin(one.type) in (tuple, Mapping)
}
"""The conversions from a field to a column, for fields that need one."""


TEXTS = frozenset(
    name for name, one in FIELDS.items() if name in TO_ROW or str in (one.type, *get_args(one.type))
)
"""The columns whose texts may have a gateway key in them."""


def _bytea(value: bytes | None) -> str | None:
    return None if value is None else f"\\x{value.hex()}"


def _in_json(name: str) -> Callable[[Any], Any] | None:
    """Return the conversion from a field to a member of a JSON row, None where both are alike."""
    described, write = FIELDS[name], TO_ROW.get(name)
    if write is not None and get_origin(described.type) in (tuple, Mapping):
        return lambda value: msgspec.Raw(write(value))
    return _bytea if bytes in (described.type, *get_args(described.type)) else write


IN_JSON: Mapping[str, Callable[[Any], Any]] = {
    name: convert for name in CHANGED if (convert := _in_json(name)) is not None
}

RARE_DEFAULTS: tuple[Any, ...] = tuple(
    one.default if one.default_factory is MISSING else one.default_factory()
    for name in RARELY_OPENED
    for one in fields(Incident)
    if one.name == name
)

_rare_values = attrgetter(*RARELY_OPENED)


def incident_of(row: asyncpg.Record) -> Incident:
    """Return the incident of a row with all columns; columns of a newer release are ignored."""
    values: dict[str, Any] = {name: row[name] for name in NAMES}
    for column, convert in FROM_ROW.items():
        values[column] = convert(values[column])
    return Incident(**values)


def columns_to_open(incidents: Sequence[Incident]) -> tuple[str, ...]:
    """Return the columns to write of new records: the others have the table's default."""
    if all(_rare_values(incident) == RARE_DEFAULTS for incident in incidents):
        return OPENED
    return (*OPENED, *RARELY_OPENED)


def column_of(incidents: Sequence[Incident], column: str) -> list[Any]:
    """Return the values to store in one column, with gateway keys removed from texts."""
    values = map(attrgetter(column), incidents)
    stored = map(TO_ROW[column], values) if column in TO_ROW else values
    if column not in TEXTS:
        return list(stored)
    return [redact_keys(value) if type(value) is str else value for value in stored]


def rows_as_json(
    incidents: Sequence[Incident], names: Sequence[str], heads: Sequence[Mapping[str, Any]]
) -> str:
    """Return rows for `json_populate_recordset`, with gateway keys removed.

    They have the ids and the named columns of incidents, whose values in `heads` come first.
    """
    values_of, converted = attrgetter(*names), [name for name in IN_JSON if name in names]
    rows = []
    for incident, head in zip(incidents, heads, strict=True):
        row = {**dict(zip(names, values_of(incident), strict=True)), **head}
        for name in converted:
            row[name] = IN_JSON[name](row[name])
        rows.append(row)
    return redact_keys(_encode_rows(rows).decode())
