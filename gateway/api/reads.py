"""What belongs to a record or a receipt, to read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web
from asyncpg import Record

from gateway.api.context import Call, respond
from gateway.api.incidents import found
from gateway.api.views import Clock, IncidentView, VendorStay, clock_view, sla_view, stays_view, views
from gateway.db.pool import Connection, acquire
from gateway.dedup.mended import Mended, mended_of
from gateway.dedup.receipt_id import received_between
from gateway.errors import Malformed, NotFound, Unprocessable
from gateway.incidents import store
from gateway.incidents.columns import incident_of
from gateway.incidents.public import hide_masters, public
from gateway.kinship import proposals
from gateway.kinship.proposals import Proposed
from gateway.operations.desk import NOW
from gateway.operations.permissions import ALLOWED, Action, may, sight
from gateway.operations.who import Who
from gateway.sla.simulate import simulated


class TimelineEntry(msgspec.Struct):
    """One thing that happened to a record; `hash` chains it to the one before (hex)."""

    seq: int
    at: datetime
    actor: str
    event: str
    facts: msgspec.Raw
    hash: str


class Timeline(msgspec.Struct):
    """Everything that happened, in order."""

    entries: list[TimelineEntry]


class AlertView(msgspec.Struct):
    """One alert key of a record."""

    dedup_key: str
    namespace: str
    status: str
    title: str
    severity: str
    occurrences: int
    flaps: int
    first_seen: datetime | None
    last_seen: datetime | None
    fired_at: datetime | None
    cleared_at: datetime | None
    labels: msgspec.Raw
    annotations: msgspec.Raw


class Alerts(msgspec.Struct):
    """The alerts a record answers for."""

    alerts: list[AlertView]


class ProposedLink(msgspec.Struct):
    """A link that nobody has decided: `number` would follow `master`; `incident` is the one of the two that was not asked for."""

    number: str
    master: str
    reason: str
    score: float
    points: dict[str, float]
    proposed_at: datetime
    incident: IncidentView


class Related(msgspec.Struct):
    """The master of a record, those that follow it, and links that are proposed of it or to it."""

    master: IncidentView | None
    related: list[IncidentView]
    proposed: list[ProposedLink]


class MendedView(msgspec.Struct):
    """A value that was read otherwise than it was sent, or left out; `pointer` is its place in the body (RFC 6901)."""

    pointer: str
    what: str


class Item(msgspec.Struct):
    """One received item and what became of it."""

    item: int
    dedup_key: str
    status: str
    outcome: str
    reason: str
    incident: str | None
    mended: list[MendedView]


class ReceiptView(msgspec.Struct):
    """One delivery and what became of every item of it."""

    receipt: UUID
    received_at: datetime
    source: str
    items: int
    lost: int
    flag: str | None
    results: list[Item]


class Clocks(msgspec.Struct):
    """Clocks of a story, and its stays with vendors."""

    clocks: list[Clock]
    vendors: list[VendorStay]


TIMELINE = "SELECT seq, at, actor, event, facts, hash FROM timeline WHERE incident_id = $1 ORDER BY seq LIMIT 10000"


async def read_timeline(call: Call) -> web.Response:
    """Everything that happened to a record; to its reporter what reporters are told."""
    incident = await found(call)
    async with acquire(call.context.desk.pool) as conn:
        rows = await conn.fetch(TIMELINE, incident.id)
        told = await _told(conn, rows, call.who, may(call.who, Action.INSPECT, incident) == ALLOWED)
    entries = [TimelineEntry(r["seq"], r["at"], r["actor"], r["event"], facts, r["hash"].hex()) for r, facts in told]
    return respond(Timeline(entries), etag=str(incident.version))


async def _told(conn: Connection, rows: list[Record], who: Who, whole: bool) -> list[tuple[Record, msgspec.Raw]]:  # noqa: FBT001 - one caller
    """The entries that are told, each to the byte as it is hashed unless something in it is not."""
    told: list[tuple[Record, msgspec.Raw]] = []
    decoded = [msgspec.json.decode(row["facts"], type=dict[str, Any]) for row in rows]
    hidden = await hide_masters(conn, decoded, sight(who))
    for row, facts in zip(rows, decoded, strict=True):
        shown = facts if whole else public(row["event"], row["actor"], facts, who.identities)
        if whole and not hidden:
            told.append((row, msgspec.Raw(row["facts"].encode())))
        elif shown is not None:
            told.append((row, msgspec.Raw(msgspec.json.encode(shown))))
    return told


async def read_sla(call: Call) -> web.Response:
    """Every clock with every second explained."""
    incident = await found(call, Action.INSPECT)
    desk = call.context.desk
    async with acquire(desk.pool) as conn:
        now = await conn.fetchval(NOW, desk.clock.stamp())
    return respond(sla_view(incident, desk.rules, now))


ALERTS = """
SELECT dedup_key, namespace, status, title, severity, occurrences, flaps, first_seen, last_seen, fired_at, cleared_at, labels,
       annotations
FROM alert WHERE incident_id = $1 ORDER BY first_seen, key_hash LIMIT 1000
"""
JSON = ("labels", "annotations")


async def read_alerts(call: Call) -> web.Response:
    """The alerts a record answers for."""
    incident = await found(call, Action.INSPECT)
    async with acquire(call.context.desk.pool) as conn:
        rows = await conn.fetch(ALERTS, incident.id)
    return respond(Alerts([_alert(dict(row)) for row in rows]))


def _alert(row: dict[str, Any]) -> AlertView:
    row |= {name: msgspec.Raw(row[name].encode()) for name in JSON}
    return AlertView(**row)


RELATED = """
SELECT * FROM incident WHERE (id = $1 OR master_id = $2)
AND CASE WHEN security THEN $3::bool ELSE $4::bool OR lower(recorded_by) = ANY($5::text[])
      OR lower(owner) = ANY($5::text[]) OR lower(contact) = ANY($5::text[]) END
ORDER BY id LIMIT 1000
"""


async def read_related(call: Call) -> web.Response:
    """The master, the records that follow, and the proposed links."""
    incident = await found(call, Action.INSPECT)
    desk, eyes = call.context.desk, sight(call.who)
    async with acquire(desk.pool) as conn:
        rows = [incident_of(row) for row in await conn.fetch(RELATED, incident.master_id, incident.id, *eyes.parameters())]
        proposed = await proposals.open_of(conn, incident.id, eyes)
        others = await store.by_ids(conn, {one.incident_id + one.master_id - incident.id for one in proposed})
        seen = await views(conn, desk.rules, [*rows, *others], desk.clock.stamp(), call.who)
    shown = {row.id: view for row, view in zip((*rows, *others), seen, strict=True)}
    master = shown.get(incident.master_id) if incident.master_id is not None else None
    related = [shown[row.id] for row in rows if row.master_id == incident.id]
    return respond(Related(master, related, [_proposed(one, incident.id, shown) for one in proposed]))


def _proposed(one: Proposed, asked: int, shown: Mapping[int, IncidentView]) -> ProposedLink:
    other = shown[one.incident_id + one.master_id - asked]
    return ProposedLink(one.number, one.master, one.reason, round(one.score, 2), dict(one.points), one.proposed_at, other)


RECEIPT = """
SELECT received_at, source, items, lost, flag, coalesce(mended, '[]')::text AS mended FROM receipt
WHERE id = $1::uuid AND received_at >= $2::timestamptz AND received_at < $3::timestamptz
"""
ITEMS = """
SELECT e.item, e.dedup_key, e.status, e.outcome, e.reason, CASE WHEN $3::bool OR NOT i.security THEN i.number END AS incident
FROM alert_event e LEFT JOIN incident i ON i.id = e.incident_id
WHERE e.receipt_id = $1 AND e.received_at = $2 ORDER BY e.item
"""


async def read_receipt(call: Call) -> web.Response:
    """What became of one delivery; its id says in which partition it lies."""
    try:
        receipt = UUID(call.request.match_info["id"])
        since, until = received_between(receipt)
    except (ValueError, OverflowError) as error:
        raise Malformed("a receipt's id is a UUID of version 7") from error
    async with acquire(call.context.desk.pool) as conn:
        row = await conn.fetchrow(RECEIPT, receipt, since, until)
        if row is None:
            raise NotFound(f"there is no receipt {receipt}")
        rows = await conn.fetch(ITEMS, receipt, row["received_at"], sight(call.who).security)
    mended = msgspec.json.decode(row["mended"], type=list[Mended])
    told = {**row, "receipt": receipt}
    del told["mended"]
    items = [Item(**item, mended=[MendedView(**one) for one in mended_of(item["item"], mended)]) for item in rows]
    return respond(ReceiptView(**told, results=items))


async def simulate_sla(call: Call) -> web.Response:
    """The clocks of any story, by the functions that run production."""
    rules, asked = call.context.desk.rules, call.body
    if asked.policy and asked.policy not in rules.policies:
        raise Unprocessable(f"there is no policy {asked.policy!r}; there are {', '.join(rules.policies)}")
    chosen = rules.choice.policy_for(asked.kind, asked.service, "", asked.priority or 0)
    policy = rules.named(asked.policy or chosen, asked.kind, asked.service)
    readings, stays = simulated(policy, asked.kind, asked.events, asked.at, priority=asked.priority)
    return respond(Clocks([clock_view(reading) for reading in readings], stays_view(stays)))
