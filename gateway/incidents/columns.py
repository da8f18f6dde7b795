"""The columns of the incident table, and the conversion of their values from and to rows."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Any

import asyncpg
import msgspec

from gateway.incidents import ledger
from gateway.incidents.record import Incident
from gateway.key_texts import without_keys
from gateway.vocabulary import (
    Closure,
    HoldReason,
    Impact,
    RequestCategory,
    Resolution,
    State,
    Tier,
    Urgency,
)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.decode


def _text(value: object) -> str:
    return _encode(value).decode()


def _maybe(kind: type[StrEnum]) -> Callable[[str | None], StrEnum | None]:
    words: dict[str | None, StrEnum | None] = {
        None: None,
        **{member.value: member for member in kind},
    }
    return words.__getitem__


def _request_category(text: str) -> str | None:
    """Return the category, or the text itself if a newer release added it.

    During an upgrade, both releases serve.
    """
    try:
        return RequestCategory(text) if text else None
    except ValueError:
        return text


FROM_ROW: Mapping[str, Callable[[Any], Any]] = {
    "impact": _maybe(Impact),
    "claimed_impact": lambda text: Impact(text) if text else None,
    "claimed_urgency": lambda text: Urgency(text) if text else None,
    "request_category": _request_category,
    "urgency": _maybe(Urgency),
    "state": _maybe(State),
    "tier": _maybe(Tier),
    "resolution": _maybe(Resolution),
    "closure": _maybe(Closure),
    "hold_reason": _maybe(HoldReason),
    "held_state": _maybe(State),
    "ledger": ledger.from_json,
    "labels": _decode,
    "links": lambda text: tuple(_decode(text)),
    "refs": _decode,
    "marks": lambda text: tuple(_decode(text)),
    "fields": _decode,
}
"""The conversions from a column to a field, for columns that need one."""

TO_ROW: Mapping[str, Any] = {
    "request_category": lambda category: category or "",
    "claimed_impact": lambda impact: impact or "",
    "claimed_urgency": lambda urgency: urgency or "",
    "ledger": ledger.to_json,
    "labels": _text,
    "links": _text,
    "refs": _text,
    "marks": _text,
    "fields": _text,
}
"""The conversions from a field to a column, for fields that need one."""


NAMES = tuple(Incident.__dataclass_fields__)


def incident_of(row: asyncpg.Record) -> Incident:
    """Return the incident of a row with all columns; columns of a newer release are ignored."""
    values: dict[str, Any] = {name: row[name] for name in NAMES}
    for column, convert in FROM_ROW.items():
        values[column] = convert(values[column])
    return Incident(**values)


def column_of(incidents: Sequence[Incident], column: str) -> list[Any]:
    """Return the values to store in one column, with gateway keys removed from texts."""
    values = map(attrgetter(column), incidents)
    stored = map(TO_ROW[column], values) if column in TO_ROW else values
    return [without_keys(value) if type(value) is str else value for value in stored]
