"""The timeline of a record: in pages, each entry to the byte as it is hashed.

HTML pages show its newest entries.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from asyncpg import Record
from msgspec import Meta

from gateway.access.permissions import ALLOWED, Action, may, visibility_of
from gateway.access.principal import Principal
from gateway.api.context import QueryCall, respond
from gateway.api.records.incidents import find_record
from gateway.db.pool import Connection, acquire
from gateway.incidents.public_timeline import facts_for_reporter, hide_masters

MOST_ON_PAGE = 500
"""The number of newest entries that an HTML page shows."""

MOST_IN_DRAFT = 10_000
"""The number of newest entries that a report is drafted from."""


class TimelineEntry(msgspec.Struct):
    """One event of a record; `hash` chains it to the entry before (hex)."""

    seq: int
    at: datetime
    actor: str
    event: str
    facts: msgspec.Raw
    hash: str


class Timeline(msgspec.Struct):
    """A page of a timeline, in order; `next` is the `after` of the next page, null at the end."""

    entries: list[TimelineEntry]
    next: int | None


class TimelineQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The entry to continue after, and the most to return."""

    after: Annotated[int, Meta(ge=0, le=2_147_483_647)] = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


PAGE = """
SELECT seq, at, actor, event, facts, hash FROM timeline
WHERE incident_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""

NEWEST = """
SELECT seq, at, actor, event, facts, hash FROM timeline
WHERE incident_id = $1 ORDER BY seq DESC LIMIT $2
"""


async def fetch_newest_entries(
    conn: Connection, incident_id: int, most: int = MOST_ON_PAGE
) -> tuple[list[Record], bool]:
    """Return the newest entries, oldest first, and whether there are earlier ones."""
    rows = await conn.fetch(NEWEST, incident_id, most + 1)
    return rows[most - 1 :: -1] if len(rows) > most else rows[::-1], len(rows) > most


async def read_timeline(call: QueryCall[TimelineQuery]) -> web.Response:
    """Return a page of a record's timeline; reporters get only what is meant for them."""
    asked = call.query
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call)
        rows = await conn.fetch(PAGE, incident.id, asked.after, asked.limit + 1)
        more, rows = len(rows) > asked.limit, rows[: asked.limit]
        told = await _told(conn, rows, call.who, may(call.who, Action.INSPECT, incident) == ALLOWED)
    entries = [
        TimelineEntry(r["seq"], r["at"], r["actor"], r["event"], facts, r["hash"].hex())
        for r, facts in told
    ]
    return respond(Timeline(entries, rows[-1]["seq"] if more else None), etag=str(incident.version))


async def _told(
    conn: Connection,
    rows: list[Record],
    who: Principal,
    whole: bool,  # noqa: FBT001 - one caller
) -> list[tuple[Record, msgspec.Raw]]:
    """Return the entries that the principal may read.

    Each is to the byte as it is hashed, unless something on the page is hidden.
    """
    told: list[tuple[Record, msgspec.Raw]] = []
    decoded = [msgspec.json.decode(row["facts"], type=dict[str, Any]) for row in rows]
    hidden = await hide_masters(conn, decoded, visibility_of(who))
    for row, facts in zip(rows, decoded, strict=True):
        shown = (
            facts
            if whole
            else facts_for_reporter(row["event"], row["actor"], facts, who.identities)
        )
        if whole and not hidden:
            told.append((row, msgspec.Raw(row["facts"].encode())))
        elif shown is not None:
            told.append((row, msgspec.Raw(msgspec.json.encode(shown))))
    return told
