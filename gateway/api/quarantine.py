"""What was received and could not be understood, to look at."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.body import place
from gateway.api.context import Call, respond
from gateway.db.pool import acquire
from gateway.dedup.submission import Result
from gateway.errors import Flaw, Malformed, NotFound

NEWEST = 2**63 - 1


class Query(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What to list: newest first, only ids below `before`."""

    state: Literal["pending", "replayed", "dropped"] = "pending"
    before: Annotated[int, Meta(ge=1, le=NEWEST)] = NEWEST
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Quarantined(msgspec.Struct):
    """One body (item -1) or item; `body` is shown as text, cut to SHOWN bytes, what is no UTF-8 replaced."""

    id: int
    receipt: UUID
    item: int
    source: str
    received_at: datetime
    problem: str
    pointer: str
    state: str
    headers: msgspec.Raw
    bytes: int
    body: str


class Quarantine(msgspec.Struct):
    """What is in quarantine; `next` is the `before` of the page after, null at the end."""

    quarantine: list[Quarantined]
    next: int | None


SHOWN = 16_384
"""Bytes of a body that are shown."""

LIST = """
SELECT id, receipt_id AS receipt, item, source, received_at, problem, pointer, state, headers, octet_length(body) AS bytes,
       substr(body, 1, $4::int) AS body
FROM quarantine WHERE state = $1::text AND id < $2::bigint ORDER BY id DESC LIMIT $3::int
"""


async def list_quarantine(call: Call) -> web.Response:
    """A page of the quarantine."""
    query = _query(call)
    async with acquire(call.context.desk.pool) as conn:
        rows = [dict(row) for row in await conn.fetch(LIST, query.state, query.before, query.limit + 1, SHOWN)]
    for row in rows:
        row |= {"headers": msgspec.Raw(row["headers"].encode()), "body": row["body"].decode("utf-8", "replace")}
    shown = [Quarantined(**row) for row in rows[: query.limit]]
    return respond(Quarantine(shown, shown[-1].id if len(rows) > query.limit else None))


class Replayed(msgspec.Struct):
    """What became of it once it was read again, as its sender would have been told."""

    receipt: UUID
    results: tuple[Result, ...]


async def replay_quarantined(call: Call) -> web.Response:
    """Read one body or item again."""
    receipt = await call.context.replay(_id(call.request.match_info["id"]))
    return respond(Replayed(receipt.id, receipt.results), status=202)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound(f"there is no {text[:40]!r} in quarantine")
    return int(text)


def _query(call: Call) -> Query:
    try:
        return msgspec.convert(dict(call.request.query), Query, strict=False)
    except msgspec.ValidationError as error:
        detail, pointer = place(error)
        raise Malformed(f"the query: {detail}", flaws=(Flaw(pointer, detail),)) from error
