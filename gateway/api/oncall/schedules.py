"""The API of on-call schedules: list, create, read, change, deactivate."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.oncall.layers import LayerBody, read_layers, show_layers
from gateway.api.setup.people import Login, Title
from gateway.api.setup.resource import Resource
from gateway.db.pool import Connection, acquire
from gateway.oncall import schedules
from gateway.oncall.schedules import StoredSchedule
from gateway.operations.oncall.schedules import change_schedule, create_schedule
from gateway.untrusted.bounds import Name, Request, Slug
from gateway.web import body

Layers = Annotated[list[LayerBody], Meta(max_length=12)]


class NewSchedule(Request, kw_only=True):
    """A schedule to create, its layers the topmost first; the owner may change it."""

    slug: Slug
    name: Title
    zone: Name = "UTC"
    owner: Login | None = None
    active: bool = True
    layers: Layers = msgspec.field(default_factory=list)


class SchedulePatch(Request, kw_only=True):
    """Changes of a schedule; `layers` replaces all of them."""

    name: Title | UnsetType = UNSET
    zone: Name | UnsetType = UNSET
    owner: Login | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    layers: Layers | UnsetType = UNSET


class ScheduleView(msgspec.Struct):
    """A schedule as the API shows it."""

    slug: str
    name: str
    zone: str
    owner: str | None
    active: bool
    layers: list[LayerBody]
    version: int
    created_at: datetime
    updated_at: datetime


class SchedulePage(msgspec.Struct):
    """A page of schedules; `next` is the `after` of the next page, null at the end."""

    schedules: list[ScheduleView]
    next: str | None


class ScheduleQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of schedules, the slug to continue after, and the most to return."""

    active: bool | None = None
    after: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


def schedule_view(one: StoredSchedule) -> ScheduleView:
    """Return the schedule as the API shows it."""
    shown = {name: getattr(one, name) for name in ScheduleView.__struct_fields__}
    return ScheduleView(**shown | {"layers": show_layers(one.layers), "owner": one.owner or None})


SCHEDULES = Resource(
    "/api/v1/schedules",
    schedule_view,
    lambda schedule: schedule.slug,
    created="schedule_made",
    changed="schedule_changed",
)


def _fields(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a schedule that a body has."""
    read = {"layers": read_layers(sent["layers"])} if "layers" in sent else {}
    named = {"owner": sent["owner"] or ""} if "owner" in sent else {}
    return sent | read | named


async def list_schedules(call: QueryCall[ScheduleQuery]) -> web.Response:
    """Return a page of schedules by slug."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await schedules.page(conn, query.after, query.limit + 1, active=query.active)
    return respond(SchedulePage(*SCHEDULES.page(found, query.limit)))


async def post_schedule(call: ApiCall[NewSchedule]) -> web.Response:
    """Create a schedule."""
    given = call.body
    fields = _fields({name: getattr(given, name) for name in given.__struct_fields__})

    async def create(conn: Connection) -> StoredSchedule:
        return await create_schedule(
            conn, given.slug, fields, call.who, call.context.uow.clock.stamp()
        )

    return await SCHEDULES.create(call, create, slug=given.slug)


async def read_schedule(call: ApiCall[None]) -> web.Response:
    """Return one schedule."""
    slug = call.request.match_info["slug"]
    return await SCHEDULES.read(call, lambda conn: schedules.by_slug(conn, slug))


async def patch_schedule(call: ApiCall[SchedulePatch]) -> web.Response:
    """Change a schedule; the change is in force at once."""
    return await _changed(call, _fields(body.sent_fields(call.body)))


async def deactivate_schedule(call: ApiCall[None]) -> web.Response:
    """Deactivate a schedule: nobody is on call in it any more."""
    await _changed(call, {"active": False})
    return web.Response(status=204)


async def _changed(call: ApiCall[object], changes: dict[str, Any]) -> web.Response:
    slug = call.request.match_info["slug"]

    async def change(conn: Connection) -> StoredSchedule:
        return await change_schedule(
            conn,
            slug,
            changes,
            call.who,
            call.context.uow.clock.stamp(),
            if_match=call.if_match(),
        )

    return await SCHEDULES.change(call, change, slug=slug, fields=sorted(changes))
