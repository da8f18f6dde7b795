"""The change feed: every change at least once and none skipped, whatever runs at the same time.

Transactions take their numbers when they begin to write and commit in any order. So an entry only shows once every
transaction that could still write one in front of it has ended: those at or above the oldest running one wait.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from asyncpg import Connection, Record
from msgspec import Meta

from gateway.api.context import Call, Context, respond
from gateway.api.views import IncidentView, views
from gateway.db.pool import acquire
from gateway.errors import Flaw, Malformed
from gateway.incidents.columns import incident_of

LOOK_EVERY = 0.5
"""Seconds between two looks while a caller waits."""


class Query(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """After which change, how many seconds to wait for one, and how many at most."""

    after: Annotated[str, Meta(max_length=64)] = ""
    wait: Annotated[float, Meta(ge=0, le=60)] = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class Change(msgspec.Struct):
    """One timeline entry: `version` is the record's after it, `changes` the fields it moved, `incident` the record by now."""

    seq: str
    number: str
    version: int
    at: datetime
    actor: str
    event: str
    changes: list[Any]
    facts: dict[str, Any]
    incident: IncidentView


class Changes(msgspec.Struct):
    """Changes in order; go on with `after` = `next`, at once when there is `more`."""

    changes: list[Change]
    next: str
    more: bool


Position = tuple[int, int, int]
"""Transaction, record and entry."""

CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,9})", re.ASCII)


def position_of(cursor: str) -> Position:
    """Where a cursor points, the beginning for an empty one; raises Malformed."""
    if not cursor:
        return (0, 0, 0)
    parts = CURSOR.fullmatch(cursor)
    if parts is None:
        raise Malformed("`after` is no cursor of this feed", flaws=(Flaw("/after", "use `next` of the answer before"),))
    return int(parts[1]), int(parts[2]), int(parts[3])


AFTER = """
SELECT xid::text AS xid, incident_id, seq, at, actor, event, facts FROM timeline
WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) AND (xid, incident_id, seq) > ($1::text::xid8, $2::bigint, $3::int)
ORDER BY xid, incident_id, seq LIMIT $4::int
"""


async def entries_after(conn: "Connection[Any]", position: Position, limit: int) -> list[Record]:
    """The entries behind a position in front of which nothing can appear any more."""
    return await conn.fetch(AFTER, str(position[0]), position[1], position[2], limit)


async def read_changes(call: Call) -> web.Response:
    """What changed after a cursor; with `wait` the answer comes when there is something, or when the time is over."""
    query, context = call.query(Query), call.context
    position = position_of(query.after)
    rows = await _awaited(context, position, query)
    changes = await _changes(context, rows[: query.limit])
    return respond(Changes(changes, changes[-1].seq if changes else query.after, len(rows) > query.limit))


async def _awaited(context: Context, position: Position, query: Query) -> list[Record]:
    until = context.clock.monotonic() + query.wait
    while True:
        async with acquire(context.pool) as conn:
            rows = await entries_after(conn, position, query.limit + 1)
        left = until - context.clock.monotonic()
        if rows or left <= 0:
            return rows
        await context.wake.wait(context.clock, min(LOOK_EVERY, left))


RECORDS = "SELECT * FROM incident WHERE id = ANY($1::bigint[])"


async def _changes(context: Context, rows: Sequence[Record]) -> list[Change]:
    if not rows:
        return []
    async with acquire(context.pool) as conn:
        found = await conn.fetch(RECORDS, list({row["incident_id"] for row in rows}))
        incidents = [incident_of(row) for row in found]
        seen = await views(conn, context.rules, incidents, context.clock.stamp())
    by_id = {incident.id: view for incident, view in zip(incidents, seen, strict=True)}
    return [_change(row, by_id[row["incident_id"]]) for row in rows]


def _change(row: Record, incident: IncidentView) -> Change:
    facts = msgspec.json.decode(row["facts"], type=dict[str, Any])
    changes = facts.pop("changes", None)
    if not isinstance(changes, list):
        changes = [{"field": "state", "old": facts.get("was"), "new": facts["state"]}] if "state" in facts else []
    seq = f"{row['xid']}-{row['incident_id']}-{row['seq']}"
    return Change(seq, incident.number, row["seq"], row["at"], row["actor"], row["event"], changes, facts, incident)
