"""The API of a record's clocks, alerts and related records, of receipts and of simulations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import Action, visibility_of
from gateway.api import clock_events
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.records.incidents import find_record
from gateway.correlation import proposals
from gateway.correlation.proposals import OpenLinkProposal
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.errors import Malformed, NotFound, Unprocessable
from gateway.incidents import store
from gateway.incidents.columns import incident_of
from gateway.receipts.mended import RepairedValue, repairs_of_item
from gateway.receipts.receipt_id import received_between
from gateway.sla.simulate import simulate
from gateway.views.incidents import clock_view, incident_views, sla_view, stays_view
from gateway.views.record_fields import ClockView, IncidentView, VendorStayView


class AlertView(msgspec.Struct):
    """One alert of a record, with its deduplication key."""

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


class RecordAlertPage(msgspec.Struct):
    """A page of a record's alerts; `next` is the `after` of the next page, null at the end."""

    alerts: list[AlertView]
    next: str | None


class AlertsQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The alert to continue after, and the most to return."""

    after: Annotated[str, Meta(pattern="^([0-9a-f]{2}){0,64}$")] = ""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


class ProposedLink(msgspec.Struct):
    """A proposed link that nobody has decided on: `number` would become a child of `master`.

    `incident` is that one of the two that was not asked for.
    """

    number: str
    master: str
    reason: str
    score: float
    points: dict[str, float]
    proposed_at: datetime
    incident: IncidentView


class RelatedRecords(msgspec.Struct):
    """The master of a record, its children, and the links that are proposed for it or to it.

    `next` is the `after` of the next page of children, null at the end.
    """

    master: IncidentView | None
    related: list[IncidentView]
    proposed: list[ProposedLink]
    next: int | None


class RelatedQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The child to continue after, and the most to return."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


class CorrectionView(msgspec.Struct):
    """A value that was corrected or left out when it was read.

    `pointer` is its place in the body (RFC 6901).
    """

    pointer: str
    what: str


class ReceiptItem(msgspec.Struct):
    """One received item and its result."""

    item: int
    dedup_key: str
    status: str
    outcome: str
    reason: str
    incident: str | None
    mended: list[CorrectionView]


class ReceiptView(msgspec.Struct):
    """One delivery and the result of each of its items."""

    receipt: UUID
    received_at: datetime
    source: str
    items: int
    lost: int
    flag: str | None
    results: list[ReceiptItem]


class SimulatedClocks(msgspec.Struct):
    """The clocks of simulated events, and the stays with vendors."""

    clocks: list[ClockView]
    vendors: list[VendorStayView]


async def read_sla(call: ApiCall[None]) -> web.Response:
    """Return the SLA clocks of a record with all their segments."""
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        now = await fetch_now(conn, uow.clock.stamp())
    return respond(sla_view(incident, uow.rules, now))


ALERTS = """
SELECT key_hash, dedup_key, namespace, status, title, severity, occurrences, flaps, first_seen,
       last_seen, fired_at, cleared_at, labels, annotations
FROM alert
WHERE incident_id = $1 AND ($2::bytea IS NULL OR (coalesce(first_seen, 'infinity'), key_hash) > (
  SELECT coalesce(first_seen, 'infinity'), key_hash FROM alert WHERE key_hash = $2::bytea))
ORDER BY coalesce(first_seen, 'infinity'), key_hash LIMIT $3
"""
JSON = ("labels", "annotations")


async def read_alerts(call: QueryCall[AlertsQuery]) -> web.Response:
    """Return a page of the alerts of a record, in the order in which they were first seen."""
    asked = call.query
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        rows = await conn.fetch(
            ALERTS, incident.id, bytes.fromhex(asked.after) or None, asked.limit + 1
        )
    page = [dict(row) for row in rows[: asked.limit]]
    keys = [row.pop("key_hash") for row in page]
    return respond(
        RecordAlertPage(
            [_alert(row) for row in page], keys[-1].hex() if len(rows) > asked.limit else None
        )
    )


def _alert(row: dict[str, Any]) -> AlertView:
    row |= {name: msgspec.Raw(row[name].encode()) for name in JSON}
    return AlertView(**row)


RELATED = """
SELECT * FROM incident WHERE (id = $1 OR master_id = $2 AND id > $6)
AND may_see(security, recorded_by, owner, contact, $3, $4, $5)
ORDER BY id = $1 DESC NULLS LAST, id LIMIT $7
"""


async def read_related(call: QueryCall[RelatedQuery]) -> web.Response:
    """Return the master, the children and the proposed links of a record."""
    asked = call.query
    uow, eyes = call.context.uow, visibility_of(call.who)
    async with acquire(uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        wanted = incident.master_id, incident.id, *eyes.parameters(), asked.after, asked.limit + 2
        rows = [incident_of(row) for row in await conn.fetch(RELATED, *wanted)]
        proposed = await proposals.fetch_open_proposals(conn, incident.id, eyes)
        others = await store.by_ids(
            conn, {one.incident_id + one.master_id - incident.id for one in proposed}
        )
        seen = await incident_views(conn, uow.rules, [*rows, *others], uow.clock.stamp(), call.who)
    shown = {row.id: view for row, view in zip((*rows, *others), seen, strict=True)}
    master = shown.get(incident.master_id) if incident.master_id is not None else None
    followers = [row.id for row in rows if row.master_id == incident.id]
    page, more = followers[: asked.limit], len(followers) > asked.limit
    links = [_proposed(one, incident.id, shown) for one in proposed]
    return respond(
        RelatedRecords(master, [shown[one] for one in page], links, page[-1] if more else None)
    )


def _proposed(one: OpenLinkProposal, asked: int, shown: Mapping[int, IncidentView]) -> ProposedLink:
    other = shown[one.incident_id + one.master_id - asked]
    return ProposedLink(
        one.number,
        one.master,
        one.reason,
        round(one.score, 2),
        dict(one.points),
        one.proposed_at,
        other,
    )


RECEIPT = """
SELECT received_at, source, items, lost, flag, coalesce(mended, '[]')::text AS mended FROM receipt
WHERE id = $1::uuid AND received_at >= $2::timestamptz AND received_at < $3::timestamptz
"""
ITEMS = """
SELECT e.item, e.dedup_key, e.status, e.outcome, e.reason,
       CASE WHEN $3::bool OR NOT i.security THEN i.number END AS incident
FROM alert_event e LEFT JOIN incident i ON i.id = e.incident_id
WHERE e.receipt_id = $1 AND e.received_at = $2 ORDER BY e.item
"""


async def read_receipt(call: ApiCall[None]) -> web.Response:
    """Return the results of one delivery; the receipt's id tells its partition.

    Raises Malformed and NotFound.
    """
    try:
        receipt = UUID(call.request.match_info["id"])
        since, until = received_between(receipt)
    except (ValueError, OverflowError) as error:
        raise Malformed("a receipt's id is a UUID of version 7") from error
    async with acquire(call.context.uow.pool) as conn:
        row = await conn.fetchrow(RECEIPT, receipt, since, until)
        if row is None:
            raise NotFound(f"there is no receipt {receipt}")
        rows = await conn.fetch(
            ITEMS, receipt, row["received_at"], visibility_of(call.who).security
        )
    mended = msgspec.json.decode(row["mended"], type=list[RepairedValue])
    told = {**row, "receipt": receipt}
    del told["mended"]
    items = [
        ReceiptItem(
            **item, mended=[CorrectionView(**one) for one in repairs_of_item(item["item"], mended)]
        )
        for item in rows
    ]
    return respond(ReceiptView(**told, results=items))


async def simulate_sla(call: ApiCall[clock_events.Simulate]) -> web.Response:
    """Return the clocks of simulated events, computed by the functions that run production."""
    rules, asked = call.context.uow.rules, call.body
    if asked.policy and asked.policy not in rules.policies:
        raise Unprocessable(
            f"there is no policy {asked.policy!r}; there are {', '.join(rules.policies)}"
        )
    chosen = rules.choice.policy_for(asked.kind, asked.service, "", asked.priority or 0)
    policy = rules.named(asked.policy or chosen, asked.kind, asked.service)
    readings, stays = simulate(policy, asked.kind, asked.events, asked.at, priority=asked.priority)
    return respond(
        SimulatedClocks([clock_view(reading) for reading in readings], stays_view(stays))
    )
