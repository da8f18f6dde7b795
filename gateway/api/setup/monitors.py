"""The API of monitors: list, create, read, change, delete."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.setup.people import Title
from gateway.api.setup.resource import Resource
from gateway.db.pool import Connection, acquire
from gateway.monitors import store
from gateway.monitors.model import Monitor
from gateway.untrusted.bounds import Name, Request, Slug, Text
from gateway.vocabulary import MonitorState
from gateway.web import body

log = structlog.get_logger()

Period = Annotated[int, Meta(ge=10, le=31_622_400)]
Grace = Annotated[int, Meta(ge=1, le=31_622_400)]
Schedule = Annotated[str, Meta(max_length=128)]


class NewMonitor(Request, kw_only=True):
    """A monitor to create.

    Pings are expected every `period_seconds`, or by the cron `schedule` on the wall clock of
    `zone`.
    """

    integration: Slug
    slug: Slug
    name: Title
    description: Text = ""
    period_seconds: Period | None = None
    schedule: Schedule = ""
    zone: Name = "UTC"
    grace_seconds: Grace = 3_600
    severity: Name = ""
    service: Name = ""
    ci: Name = ""
    enabled: bool = True


class MonitorPatch(Request, kw_only=True):
    """Changes of a monitor.

    Another period, schedule, zone or grace counts from now, and so does enabling it.
    """

    name: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    period_seconds: Period | UnsetType | None = UNSET
    schedule: Schedule | UnsetType = UNSET
    zone: Name | UnsetType = UNSET
    grace_seconds: Grace | UnsetType = UNSET
    severity: Name | UnsetType = UNSET
    service: Name | UnsetType = UNSET
    ci: Name | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class MonitorView(msgspec.Struct):
    """A monitor as the API shows it.

    `expected_at` is the time when its next ping should come, `due_at` the time when it is
    overdue.
    """

    id: int
    integration: str
    slug: str
    name: str
    description: str
    period_seconds: int | None
    schedule: str
    zone: str
    grace_seconds: int
    severity: str
    service: str
    ci: str
    enabled: bool
    state: MonitorState
    pinged_at: datetime | None
    started_at: datetime | None
    down_since: datetime | None
    exit_status: int | None
    note: str
    expected_at: datetime | None
    due_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class MonitorPage(msgspec.Struct):
    """A page of monitors; `next` is the `after` of the next page, null at the end."""

    monitors: list[MonitorView]
    next: int | None


class MonitorQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of monitors, the id to continue after, and the most to return."""

    integration: Slug | None = None
    after: Annotated[int, Meta(ge=0, le=2_147_483_647)] = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


def _view(one: Monitor) -> MonitorView:
    fields = asdict(one) | {"state": one.state}
    return MonitorView(**{name: fields[name] for name in MonitorView.__struct_fields__})


MONITORS = Resource(
    "/api/v1/monitors",
    _view,
    lambda monitor: monitor.id,
    created="monitor_made",
    changed="monitor_changed",
)


async def list_monitors(call: QueryCall[MonitorQuery]) -> web.Response:
    """Return a page of monitors by id."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await store.page(conn, query.after, query.limit + 1, query.integration)
    return respond(MonitorPage(*MONITORS.page(found, query.limit)))


async def create_monitor(call: ApiCall[NewMonitor]) -> web.Response:
    """Create a monitor, whose time runs from now."""
    uow, fields = call.context.uow, msgspec.structs.asdict(call.body)
    integration, slug = fields.pop("integration"), fields.pop("slug")

    async def create(conn: Connection) -> Monitor:
        return await store.create(
            conn, await store.integration(conn, integration), slug, fields, uow.clock.stamp()
        )

    return await MONITORS.create(call, create, slug=slug)


async def read_monitor(call: ApiCall[None]) -> web.Response:
    """Return one monitor."""
    return await MONITORS.read(call, lambda conn: store.by_id(conn, call.id))


async def patch_monitor(call: ApiCall[MonitorPatch]) -> web.Response:
    """Change a monitor."""
    uow, changes, if_match = call.context.uow, body.sent_fields(call.body), call.if_match()

    async def change(conn: Connection) -> Monitor:
        return await store.change(conn, call.id, changes, uow.clock.stamp(), if_match=if_match)

    return await MONITORS.change(call, change, id=call.id, fields=sorted(changes))


async def delete_monitor(call: ApiCall[None]) -> web.Response:
    """Delete a monitor."""
    async with acquire(call.context.uow.pool) as conn:
        await store.delete(conn, call.id)
    log.info("monitor_deleted", id=call.id, by=call.actor)
    return web.Response(status=204)
