"""What can be read of records: one, many, and what belongs to one."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from aiohttp import web
from asyncpg import Connection

from gateway.api.context import Call, Context, respond
from gateway.api.listing import Query, page
from gateway.api.views import IncidentView, Sla, views
from gateway.db.pool import acquire
from gateway.errors import NotFound
from gateway.incidents import store
from gateway.incidents.columns import incident_of
from gateway.incidents.record import Incident


class Page(msgspec.Struct):
    """A page of records; `next` is the cursor of the page after, null at the end."""

    incidents: list[IncidentView]
    next: str | None
    more: bool


class Entry(msgspec.Struct):
    """One thing that happened; `hash` chains it to the entry before."""

    seq: int
    at: datetime
    actor: str
    event: str
    facts: msgspec.Raw
    hash: str


class Timeline(msgspec.Struct):
    """Everything that happened to a record, in order."""

    number: str
    entries: list[Entry]


class AlertView(msgspec.Struct):
    """What is known of one dedup key that the record answers for."""

    dedup_key: str
    status: Literal["firing", "resolved", "acknowledged", ""]
    title: str
    severity: str
    first_seen: datetime | None
    last_seen: datetime | None
    fired_at: datetime | None
    cleared_at: datetime | None
    ends_at: datetime | None
    occurrences: int
    flaps: int
    labels: msgspec.Raw
    annotations: msgspec.Raw
    generator_url: str


class Alerts(msgspec.Struct):
    """The alerts of a record, the latest seen first, at most 1000."""

    alerts: list[AlertView]


class Related(msgspec.Struct):
    """The master a record follows, and the records that follow it, at most 200."""

    master: IncidentView | None
    related: list[IncidentView]


async def found(conn: "Connection[Any]", number: str) -> Incident:
    """The record of that number; raises NotFound."""
    incident = await store.by_number(conn, number)
    if incident is None:
        raise NotFound("no incident has this number")
    return incident


async def shown(context: Context, incident: Incident) -> IncidentView:
    """One record as it is shown."""
    async with acquire(context.pool) as conn:
        return (await views(conn, context.rules, [incident], context.clock.stamp()))[0]


async def list_incidents(call: Call) -> web.Response:
    """A page of records."""
    query, context = call.query(Query), call.context
    async with acquire(context.pool) as conn:
        incidents, following = await page(conn, query)
        seen = await views(conn, context.rules, incidents, context.clock.stamp())
    return respond(Page(seen, following, following is not None))


async def read_incident(call: Call) -> web.Response:
    """One record; the ETag is its version."""
    async with acquire(call.context.pool) as conn:
        incident = await found(conn, call.number)
    return respond(await shown(call.context, incident), etag=str(incident.version))


async def read_sla(call: Call) -> web.Response:
    """The clocks of a record with every second of theirs."""
    async with acquire(call.context.pool) as conn:
        incident = await found(conn, call.number)
    sla: Sla = (await shown(call.context, incident)).sla
    return respond(sla)


ENTRIES = "SELECT seq, at, actor, event, facts, hash FROM timeline WHERE incident_id = $1::bigint ORDER BY seq"


async def read_timeline(call: Call) -> web.Response:
    """Everything that happened to a record."""
    async with acquire(call.context.pool) as conn:
        incident = await found(conn, call.number)
        rows = await conn.fetch(ENTRIES, incident.id)
    entries = [Entry(**{**row, "facts": msgspec.Raw(row["facts"].encode()), "hash": row["hash"].hex()}) for row in rows]
    return respond(Timeline(incident.number, entries))


ALERTS = """
SELECT dedup_key, status, title, severity, first_seen, last_seen, fired_at, cleared_at, ends_at, occurrences, flaps,
       labels, annotations, generator_url
FROM alert WHERE incident_id = $1::bigint ORDER BY last_seen DESC NULLS LAST, key_hash LIMIT 1000
"""


async def read_alerts(call: Call) -> web.Response:
    """The alerts that a record answers for."""
    async with acquire(call.context.pool) as conn:
        incident = await found(conn, call.number)
        rows = await conn.fetch(ALERTS, incident.id)
    raw = [{**row, **{name: msgspec.Raw(row[name].encode()) for name in ("labels", "annotations")}} for row in rows]
    return respond(Alerts([AlertView(**row) for row in raw]))


RELATED = "SELECT * FROM incident WHERE id = $1::bigint OR master_id = $2::bigint ORDER BY id LIMIT 201"


async def read_related(call: Call) -> web.Response:
    """The master and the related records of a record."""
    context = call.context
    async with acquire(context.pool) as conn:
        incident = await found(conn, call.number)
        incidents = [incident_of(row) for row in await conn.fetch(RELATED, incident.master_id, incident.id)]
        seen = await views(conn, context.rules, incidents, context.clock.stamp())
    pairs = list(zip(incidents, seen, strict=True))
    master = next((view for one, view in pairs if one.id == incident.master_id), None)
    return respond(Related(master, [view for one, view in pairs if one.master_id == incident.id]))
