"""The change feed: every change at least once, none skipped, even with concurrent writers.

A change is shown only when no running transaction can still write one that sorts before it:
transactions get their numbers at the start and commit in any order, so an entry at or above the
oldest running one waits. Two changes of one record may come in either order; `version` tells
which is newer.
"""

import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from asyncpg import Record
from msgspec import Meta

from gateway.access.permissions import visibility_of
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.db.pool import Connection, acquire
from gateway.errors import Flaw, Malformed
from gateway.incidents import store
from gateway.incidents.public_timeline import hide_masters
from gateway.views.incidents import incident_views
from gateway.views.record_fields import IncidentView
from gateway.web.auth import read_key_header
from gateway.web.deadlines import extend_deadline

POLL_SECONDS = 0.5
"""Seconds between two queries for a caller that waits."""

MOST_WAITING = 100
"""Callers that may wait at once; those above get their response, perhaps an empty one, at once."""


class RecordChange(msgspec.Struct):
    """One timeline entry of a record.

    `changes` are the fields it changed, `incident` is the record as it stands now. `incident` is
    null for a record that was withdrawn from the reader because it was flagged as a security
    incident; a copy of it is to be closed.
    """

    seq: str
    number: str
    version: int
    at: datetime
    actor: str
    event: str
    facts: dict[str, Any]
    changes: list[Any]
    incident: IncidentView | None


class RecordChangePage(msgspec.Struct):
    """Changes after a cursor, the cursor to continue from, and whether there are more already."""

    changes: list[RecordChange]
    next: str
    more: bool


class ChangeFeedQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The cursor to continue from, the seconds to wait for changes, and the most to return."""

    after: Annotated[str, Meta(max_length=64)] = ""
    wait: Annotated[float, Meta(ge=0, le=60)] = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


Position = tuple[str, int, int]
"""A position in the feed: transaction (as text), incident and entry."""

START: Position = ("0", 0, 0)
CURSOR = re.compile(r"([0-9]{1,19})\.([0-9]{1,18})\.([0-9]{1,9})", re.ASCII)


def parse_cursor(cursor: str) -> Position:
    """Return the position of a cursor, the beginning for ""; raises Malformed."""
    match = CURSOR.fullmatch(cursor) if cursor else None
    if cursor and match is None:
        raise Malformed(
            "`after` is not a cursor of this feed",
            flaws=(Flaw("/after", "use `next` of the answer before"),),
        )
    return START if match is None else (match[1], int(match[2]), int(match[3]))


AFTER = """
SELECT t.xid::text AS xid_text, t.incident_id, t.seq, t.at, t.actor, t.event, t.facts
FROM timeline t
WHERE t.xid < pg_snapshot_xmin(pg_current_snapshot())
  AND (t.xid, t.incident_id, t.seq) > ($1::text::xid8, $2::bigint, $3::int)
  AND ($5::bool OR t.event = 'withdrawn'
       OR NOT EXISTS (SELECT FROM incident i WHERE i.id = t.incident_id AND i.security))
ORDER BY t.xid, t.incident_id, t.seq LIMIT $4::int
"""


async def fetch_after(
    conn: Connection, position: Position, limit: int, *, security: bool = True
) -> list[Record]:
    """Return the timeline entries after a position that no later commit can precede.

    With `security` those of security incidents are included. Without it, a record that was
    flagged has only the entry by which it was withdrawn.
    """
    return await conn.fetch(AFTER, *position, limit, security)


class ChangeFeed:
    """The handler of the change feed, with the number of waiting callers."""

    def __init__(self) -> None:
        self._waiting = 0

    async def read(self, call: QueryCall[ChangeFeedQuery]) -> web.Response:
        """Return the changes after `after`.

        With `wait` the response comes when there is one or the time is over. Raises
        Unauthenticated when the key ends meanwhile.
        """
        position = parse_cursor(call.query.after)
        rows = await self._rows(call, position, call.query)
        return respond(await _changes(call, rows, call.query))

    async def _rows(
        self, call: ApiCall[object], position: Position, query: ChangeFeedQuery
    ) -> list[Record]:
        clock, pool = call.context.uow.clock, call.context.uow.pool
        until = clock.monotonic() + (query.wait if self._waiting < MOST_WAITING else 0)
        self._waiting += 1
        try:
            while True:
                async with acquire(pool) as conn:
                    rows = await fetch_after(
                        conn, position, query.limit + 1, security=visibility_of(call.who).security
                    )
                left = until - clock.monotonic()
                if rows or left <= 0:
                    return rows
                pause = min(POLL_SECONDS, left)
                extend_deadline(pause)
                await clock.sleep(pause)
                await call.context.keys.recognise(
                    read_key_header(call.request)
                )  # raises if the key has ended meanwhile
        finally:
            self._waiting -= 1


def read_feed_query(request: web.Request) -> ChangeFeedQuery:
    """Return the query of the change feed; raises Malformed."""
    try:
        return msgspec.convert(dict(request.query), ChangeFeedQuery, strict=False)
    except msgspec.ValidationError as error:
        raise Malformed(f"the query: {error}") from error


async def _changes(
    call: ApiCall[object], rows: list[Record], query: ChangeFeedQuery
) -> RecordChangePage:
    shown = rows[: query.limit]
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        incidents = await store.by_ids(conn, sorted({row["incident_id"] for row in shown}))
        seen = await incident_views(conn, uow.rules, incidents, uow.clock.stamp(), call.who)
        told = [msgspec.json.decode(row["facts"], type=dict[str, Any]) for row in shown]
        await hide_masters(conn, told, visibility_of(call.who))
    known = {incident.id: view for incident, view in zip(incidents, seen, strict=True)}
    hidden = {incident.id for incident in incidents if not visibility_of(call.who).sees(incident)}
    changes = [
        _withdrawn(row, known[row["incident_id"]].number)
        if row["incident_id"] in hidden
        else _change(row, facts, known[row["incident_id"]])
        for row, facts in zip(shown, told, strict=True)
    ]
    return RecordChangePage(
        changes, changes[-1].seq if changes else query.after, len(rows) > query.limit
    )


def _withdrawn(row: Record, number: str) -> RecordChange:
    """Return an entry that says no more than that the record was withdrawn."""
    seq = f"{row['xid_text']}.{row['incident_id']}.{row['seq']}"
    return RecordChange(seq, number, row["seq"], row["at"], "gateway", row["event"], {}, [], None)


def _change(row: Record, facts: dict[str, Any], incident: IncidentView) -> RecordChange:
    seq = f"{row['xid_text']}.{row['incident_id']}.{row['seq']}"
    moved = facts.pop("changes", None)
    if moved is None:
        moved = (
            [{"field": "state", "old": facts.get("was"), "new": facts["state"]}]
            if "state" in facts
            else []
        )
    return RecordChange(
        seq,
        incident.number,
        row["seq"],
        row["at"],
        row["actor"],
        row["event"],
        facts,
        moved,
        incident,
    )
