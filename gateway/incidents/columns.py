"""How an incident is laid out in its table: the one list of columns, and the way in and out of a row."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from gateway.incidents import ledger
from gateway.incidents.model import Closure, HoldReason, Impact, Resolution, State, Tier, Urgency
from gateway.incidents.record import Incident

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.decode


def _text(value: object) -> str:
    return _encode(value).decode()


FROM_ROW: Mapping[str, Any] = {
    "impact": Impact,
    "urgency": Urgency,
    "state": State,
    "tier": Tier,
    "resolution": lambda text: text and Resolution(text),
    "closure": lambda text: text and Closure(text),
    "hold_reason": lambda text: text and HoldReason(text),
    "held_state": lambda text: text and State(text),
    "ledger": ledger.from_json,
    "labels": _decode,
    "links": lambda text: tuple(_decode(text)),
    "refs": _decode,
    "marks": lambda text: tuple(_decode(text)),
}
"""How a column becomes a field, where it is not the same already."""

TO_ROW: Mapping[str, Any] = {"ledger": ledger.to_json, "labels": _text, "links": _text, "refs": _text, "marks": _text}
"""How a field becomes a column, where it is not the same already."""


def incident_of(row: Mapping[str, Any]) -> Incident:
    """The value of a row that holds every column of the table."""
    return Incident(**{name: FROM_ROW[name](value) if name in FROM_ROW else value for name, value in row.items()})


def column_of(incidents: Sequence[Incident], column: str) -> list[Any]:
    """What to store in one column, incident by incident."""
    values = map(attrgetter(column), incidents)
    return list(map(TO_ROW[column], values)) if column in TO_ROW else list(values)
