"""The log of attempts to deliver messages: where each went, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.db.pool import Connection
from gateway.notify.message import Delivered, Result, Undeliverable
from gateway.notify.outbox import ERROR_CHARS, to_storable
from gateway.settings.recipients import RecipientAddress

ADDRESS_CHARS = 200


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt as the log keeps it; `parts` are the units that vendors count."""

    message: UUID
    channel: str
    address: str
    outcome: str
    error: str
    vendor_id: str
    parts: int
    took_ms: int


def record_of(
    message: UUID, target: RecipientAddress, result: Result, took_s: float
) -> AttemptRecord:
    """Return the record of an attempt."""
    delivered = result if isinstance(result, Delivered) else None
    return AttemptRecord(
        message,
        target.channel,
        to_storable(target.address)[:ADDRESS_CHARS],
        _outcome(result),
        "" if isinstance(result, Delivered) else to_storable(result.reason)[:ERROR_CHARS],
        "" if delivered is None else to_storable(delivered.handle)[:ERROR_CHARS],
        1 if delivered is None else delivered.parts,
        round(took_s * 1000),
    )


def _outcome(result: Result) -> str:
    if isinstance(result, Delivered):
        return "sent"
    return "dead" if isinstance(result, Undeliverable) else "retry"


RECORD = """
INSERT INTO message_attempt
  (message, at, channel, address, outcome, error, vendor_id, parts, took_ms)
SELECT a.message, moment($1), a.channel, a.address, a.outcome, a.error, a.vendor_id, a.parts,
  a.took_ms
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[],
  $9::int[]) AS a (message, channel, address, outcome, error, vendor_id, parts, took_ms)
WHERE EXISTS (SELECT FROM outbox o WHERE o.id = a.message)
"""


async def record_attempts(
    conn: Connection, now: datetime | None, made: Sequence[AttemptRecord]
) -> None:
    """Store attempts, in the transaction that settles their messages."""
    if made:
        rows = [
            (
                one.message,
                one.channel,
                one.address,
                one.outcome,
                one.error,
                one.vendor_id,
                one.parts,
                one.took_ms,
            )
            for one in made
        ]
        await conn.execute(RECORD, now, *map(list, zip(*rows, strict=True)))
