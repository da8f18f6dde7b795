"""Calls in the database, and the open records of callers."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from gateway.channels.phone.call import Call, CallDirection, CallStatus
from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.vocabulary import State

COLUMNS = tuple(field.name for field in fields(Call))


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call as stored.

    `opened` says that it opened its record; `heard_at` is the time of its last event.
    """

    id: int
    integration_id: int
    call: Call
    incident_id: int | None
    opened: bool
    heard_at: datetime


MAKE = """
INSERT INTO call (integration_id, provider, call_id, heard_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (integration_id, provider, call_id) DO NOTHING
"""

LOCK = "SELECT * FROM call WHERE integration_id = $1 AND provider = $2 AND call_id = $3 FOR UPDATE"


async def lock(
    conn: Connection, integration_id: int, provider: str, call_id: str, now: datetime
) -> StoredCall:
    """Return the call, created if it is new, locked until the transaction ends."""
    await conn.execute(MAKE, integration_id, provider, call_id, now)
    row = await conn.fetchrow(LOCK, integration_id, provider, call_id)
    if row is None:
        raise AssertionError("an upsert leaves its row")
    return _kept(dict(row))


def _kept(row: dict[str, Any]) -> StoredCall:
    told = {name: row[name] for name in COLUMNS}
    told |= {"recordings": tuple(row["recordings"]), "transcripts": tuple(row["transcripts"])}
    told |= {
        "direction": row["direction"] and CallDirection(row["direction"]),
        "status": row["status"] and CallStatus(row["status"]),
    }
    return StoredCall(
        row["id"],
        row["integration_id"],
        Call(**told),
        row["incident_id"],
        row["opened"],
        row["heard_at"],
    )


SAVE = """
UPDATE call SET incident_id = $2, opened = $3, direction = $4, caller = $5, caller_name = $6,
  called = $7, status = $8, status_at = $9, served = $10, started_at = $11, answered_at = $12,
  ended_at = $13, recordings = $14, transcripts = $15, told_at = $16, heard_at = $17
WHERE id = $1
"""


async def save(conn: Connection, kept: StoredCall, now: datetime) -> None:
    """Write the call as it is now."""
    call = kept.call
    await conn.execute(
        SAVE,
        kept.id,
        kept.incident_id,
        kept.opened,
        call.direction,
        call.caller,
        call.caller_name,
        call.called,
        call.status,
        call.status_at,
        call.served,
        call.started_at,
        call.answered_at,
        call.ended_at,
        list(call.recordings),
        list(call.transcripts),
        call.told_at,
        now,
    )


TURN = "SELECT pg_advisory_xact_lock(hashtextextended('call from ' || $1, 0))"
"""A lock by which calls from one number are handled one by one, so that two open one record."""

OPEN = """
SELECT id FROM incident
WHERE lower(contact) = $1 AND contact <> '' AND source = 'phone' AND NOT security
  AND recorded_at > $2
  AND is_open(state)
  AND ($3::bool IS FALSE OR labels->>'call' = 'missed')
ORDER BY recorded_at DESC, id DESC LIMIT 1
"""


async def open_record(
    conn: Connection, number: str, since: datetime, *, missed: bool = False
) -> Incident | None:
    """Return the latest record of that number that is still to be worked on, locked.

    With `missed` only one of a missed call. Waits for the handling of other calls from the
    number.
    """
    await conn.execute(TURN, number)
    incident_id = await conn.fetchval(OPEN, number.lower(), since, missed)
    found = [] if incident_id is None else await store.lock(conn, [incident_id])
    return found[0] if found else None


STANDING = """
SELECT number, state, kind FROM incident
WHERE lower(contact) = $1 AND contact <> '' AND NOT security
  AND (is_open(state) OR state = 'resolved')
ORDER BY recorded_at DESC, id DESC LIMIT 1
"""


async def find_unfinished(conn: Connection, number: str) -> tuple[str, State, str] | None:
    """Return number, state and kind of the latest unfinished record of that telephone number."""
    row = await conn.fetchrow(STANDING, number.lower())
    return None if row is None else (row["number"], State(row["state"]), row["kind"])


SILENT = """
SELECT * FROM call
WHERE incident_id IS NULL AND ended_at IS NULL AND direction = 'inbound'
  AND heard_at < moment($1) - $2::interval
ORDER BY heard_at LIMIT 100
"""


async def find_silent(
    conn: Connection, stamp: datetime | None, after: timedelta
) -> list[StoredCall]:
    """Return inbound calls that nobody answered and that had no further events."""
    return [_kept(dict(row)) for row in await conn.fetch(SILENT, stamp, after)]
