"""Proposals to swap shifts, in the database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asyncpg import Record

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.oncall.spans import Span


class SwapState(StrEnum):
    """The state of a proposal; an accepted one is in force as overrides."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A proposal: `proposer` gives a time on call to `asked`, and takes one of theirs, if any.

    It can be accepted until `expires_at`.
    """

    id: int
    proposer: str
    asked: str
    gives: Span
    takes: Span | None
    reason: str
    state: SwapState
    made_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None


SWAPS = """
SELECT w.id, w.proposer, w.asked, w.gives_from, w.gives_to, w.takes_from, w.takes_to, w.reason,
  w.state, w.made_at, w.expires_at, w.decided_at, w.decided_by
FROM schedule_swap w
"""


def _swap_of(row: Record) -> Swap:
    plain = ("id", "proposer", "asked", "reason", "made_at", "expires_at", "decided_at")
    takes = None if row["takes_from"] is None else (row["takes_from"], row["takes_to"])
    return Swap(
        **{name: row[name] for name in plain},
        decided_by=row["decided_by"],
        state=SwapState(row["state"]),
        gives=(row["gives_from"], row["gives_to"]),
        takes=takes,
    )


LATEST = (
    SWAPS
    + """
WHERE w.schedule_id = $1 AND ($2::text IS NULL OR w.state = $2::text)
ORDER BY w.id DESC LIMIT 100
"""
)


async def latest(conn: Connection, schedule_id: int, state: SwapState | None) -> list[Swap]:
    """Return the latest proposals of a schedule, the newest first."""
    return [_swap_of(row) for row in await conn.fetch(LATEST, schedule_id, state)]


ONE = SWAPS + "WHERE w.id = $1 AND w.schedule_id = $2 FOR UPDATE"


async def by_id(conn: Connection, swap_id: int, schedule_id: int) -> Swap:
    """Return a proposal of a schedule, locked; raises NotFound."""
    row = await conn.fetchrow(ONE, swap_id, schedule_id)
    if row is None:
        raise NotFound(f"the schedule has no swap {swap_id}")
    return _swap_of(row)


INSERT = """
INSERT INTO schedule_swap (schedule_id, proposer, asked, gives_from, gives_to, takes_from, takes_to,
  reason, made_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
"""


async def insert(
    conn: Connection,
    schedule_id: int,
    proposer: str,
    asked: str,
    gives: Span,
    takes: Span | None,
    *,
    reason: str,
    made_at: datetime,
) -> Swap:
    """Insert a proposal, which expires when the first of its times begins, and return it."""
    expires_at = gives[0] if takes is None else min(gives[0], takes[0])
    swap_id: int = await conn.fetchval(
        INSERT,
        schedule_id,
        proposer,
        asked,
        *gives,
        *(takes or (None, None)),
        reason,
        made_at,
        expires_at,
    )
    return await by_id(conn, swap_id, schedule_id)


DECIDE = "UPDATE schedule_swap SET state = $2, decided_at = $3, decided_by = $4 WHERE id = $1"


async def decide(conn: Connection, swap_id: int, state: SwapState, now: datetime, by: str) -> None:
    """Write down how a proposal ended."""
    await conn.execute(DECIDE, swap_id, state, now, by)
