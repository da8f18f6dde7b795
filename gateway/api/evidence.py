"""What became of what was received: receipts and quarantine."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.context import Call, respond
from gateway.db.pool import acquire
from gateway.dedup.receipt_id import received_between
from gateway.errors import NotFound
from gateway.incidents.model import Outcome


class Item(msgspec.Struct):
    """One received item and the one outcome it ended in."""

    item: int
    dedup_key: str
    status: str
    outcome: Outcome
    reason: str
    incident: str | None
    event_time: datetime | None


class ReceiptView(msgspec.Struct):
    """One delivery. `lost` counts alerts that the sender itself left out."""

    receipt: UUID
    received_at: datetime
    source: str
    delivery_id: str | None
    items: int
    lost: int
    flag: str | None
    results: list[Item]


RECEIPT = """
SELECT id AS receipt, received_at, source, delivery_id, items, lost, flag FROM receipt
WHERE id = $1::uuid AND received_at >= $2::timestamptz AND received_at < $3::timestamptz
"""

ITEMS = """
SELECT e.item, e.dedup_key, e.status, e.outcome, e.reason, i.number AS incident, e.event_time
FROM alert_event e LEFT JOIN incident i ON i.id = e.incident_id
WHERE e.receipt_id = $1::uuid AND e.received_at >= $2::timestamptz AND e.received_at < $3::timestamptz ORDER BY e.item
"""


async def read_receipt(call: Call) -> web.Response:
    """What became of one delivery; the id says in which partition it lies."""
    try:
        receipt = UUID(call.request.match_info["id"])
        since, until = received_between(receipt)
    except (ValueError, OverflowError) as error:
        raise NotFound("there is no such receipt") from error
    async with acquire(call.context.pool) as conn:
        row = await conn.fetchrow(RECEIPT, receipt, since, until)
        if row is None:
            raise NotFound("there is no such receipt")
        items = [Item(**item) for item in await conn.fetch(ITEMS, receipt, since, until)]
    return respond(ReceiptView(**row, results=items))


class QuarantineQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What to list: the newest first, before the id `before`."""

    state: Literal["pending", "replayed", "dropped"] = "pending"
    before: Annotated[int, Meta(ge=1, le=2**63 - 1)] = 2**63 - 1
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Quarantined(msgspec.Struct):
    """Something that could not be understood; item -1 is a whole body. `body` is text, bytes that are no UTF-8 replaced."""

    id: int
    receipt: UUID
    item: int
    source: str
    received_at: datetime
    problem: str
    pointer: str
    state: str
    headers: msgspec.Raw
    body: str


class Quarantine(msgspec.Struct):
    """A page of the quarantine; `next` is the `before` of the page after, null at the end."""

    quarantine: list[Quarantined]
    next: int | None


QUARANTINE = """
SELECT id, receipt_id AS receipt, item, source, received_at, problem, pointer, state, headers, body FROM quarantine
WHERE state = $1::text AND id < $2::bigint ORDER BY id DESC LIMIT $3::int
"""


async def list_quarantine(call: Call) -> web.Response:
    """A page of what could not be understood."""
    query = call.query(QuarantineQuery)
    async with acquire(call.context.pool) as conn:
        rows = await conn.fetch(QUARANTINE, query.state, query.before, query.limit)
    shown = [
        Quarantined(**{**row, "headers": msgspec.Raw(row["headers"].encode()), "body": row["body"].decode("utf-8", "replace")})
        for row in rows
    ]
    return respond(Quarantine(shown, shown[-1].id if len(shown) == query.limit else None))
