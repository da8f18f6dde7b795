"""The clock events of a record, in order: the input of every clock function in `sla/`. Pure.

The ledger is stored as JSON on the incident: [[microseconds since 1970, event, tier, priority,
reason], ...].
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from gateway.vocabulary import Tier

RAISED = "raised"
"""The reason of a `set_priority` made by a sender or a link and not by a person.

The new targets count from that moment.
"""

RELEASED = "released"
"""The reason of a `reopen` that undoes an acceptance: the response is still to come."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockEvent(StrEnum):
    """The events that start, stop, pause or re-target a clock."""

    RECORD = "record"
    ASSIGN = "assign"
    ACCEPT = "accept"
    RETURN = "return"
    HOLD = "hold"
    RESUME = "resume"
    ESCALATE = "escalate"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    SET_PRIORITY = "set_priority"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A clock event.

    `tier` is given with assign, accept and escalate, `priority` with record and set_priority.
    """

    at: datetime
    event: ClockEvent
    tier: Tier | None = None
    priority: int | None = None
    reason: str = ""


Ledger = tuple[LedgerEntry, ...]


def microseconds(at: datetime) -> int:
    """Return whole microseconds since 1970, exactly."""
    return (at - EPOCH) // timedelta(microseconds=1)


def to_json(ledger: Ledger) -> str:
    """Return the stored form of a ledger."""
    rows = [(microseconds(e.at), e.event, e.tier, e.priority, e.reason) for e in ledger]
    return msgspec.json.encode(rows).decode()


def from_json(text: str) -> Ledger:
    """Return the ledger of its stored form."""
    rows = msgspec.json.decode(
        text, type=list[tuple[int, ClockEvent, Tier | None, int | None, str]]
    )
    return tuple(
        LedgerEntry(EPOCH + timedelta(microseconds=at), event, tier, priority, reason)
        for at, event, tier, priority, reason in rows
    )
