"""The API of overrides: who is on call for a while instead of somebody, or of everybody."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.api.oncall.shifts import MOST_DAYS, SpanQuery, check_span
from gateway.api.setup.people import Login
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire, transaction
from gateway.incidents.changes import CommittedChanges
from gateway.oncall import overrides, schedules
from gateway.oncall.overrides import StoredOverride
from gateway.operations.oncall.overrides import NewOverride, create_override, withdraw_override
from gateway.untrusted import bounds

log = structlog.get_logger()

Reason = Annotated[str, Meta(max_length=1_000)]


class OverrideBody(
    msgspec.Struct,
    forbid_unknown_fields=True,
    rename={"since": "from", "until": "to"},
    kw_only=True,
):
    """People on call from an instant, by default now, until another.

    They replace one person where that is on call, or without `replaces` everybody.
    """

    since: bounds.Moment | None = None
    until: bounds.Moment
    people: Annotated[list[Login], Meta(max_length=20)]
    replaces: Login | None = None
    reason: Reason = ""


class OverrideView(msgspec.Struct, rename={"since": "from", "until": "to"}, kw_only=True):
    """An override, with who made it when; `swap` is the id of the swap that it is of."""

    id: int
    since: datetime
    until: datetime
    people: list[str]
    replaces: str | None
    reason: str
    made_by: str
    made_at: datetime
    swap: int | None


class OverrideList(msgspec.Struct):
    """The overrides of a period, in the order in which they were made: a later one wins."""

    overrides: list[OverrideView]


def _view(one: StoredOverride) -> OverrideView:
    return OverrideView(
        id=one.override.id,
        since=one.override.starts_at,
        until=one.override.ends_at,
        people=list(one.override.people),
        replaces=one.override.replaces,
        reason=one.reason,
        made_by=one.made_by,
        made_at=one.made_at,
        swap=one.swap_id,
    )


async def list_overrides(call: QueryCall[SpanQuery]) -> web.Response:
    """List the overrides of a schedule in a period."""
    slug, uow = call.request.match_info["slug"], call.context.uow
    async with acquire(uow.pool) as conn:
        schedule = await schedules.by_slug(conn, slug)
        since = call.query.since or await fetch_now(conn, uow.clock.stamp())
        span = check_span(since, call.query.until or since + timedelta(days=MOST_DAYS))
        found = await overrides.between(conn, schedule.id, *span)
    return respond(OverrideList([_view(one) for one in found]))


async def post_override(call: ApiCall[OverrideBody]) -> web.Response:
    """Put people on call for a while."""
    slug, uow, given = call.request.match_info["slug"], call.context.uow, call.body
    asked = NewOverride(
        since=given.since,
        until=given.until,
        people=tuple(given.people),
        replaces=given.replaces,
        reason=given.reason,
    )

    async def work(conn: Connection) -> ChangeResult:
        made = await create_override(conn, slug, asked, call.who, uow.clock.stamp())
        location = f"/api/v1/schedules/{slug}/overrides/{made.override.id}"
        return ChangeResult(_view(made), 201, location=location)

    response, fresh = await answer_once(call, work)
    if fresh:
        uow.committed(CommittedChanges())
        log.info("override_made", schedule=slug, by=call.actor)
    return response


async def delete_override(call: ApiCall[None]) -> web.Response:
    """Withdraw an override; what has passed of it stays."""
    slug, uow = call.request.match_info["slug"], call.context.uow
    async with transaction(uow.pool) as conn:
        await withdraw_override(conn, slug, call.id, call.who, uow.clock.stamp())
    uow.committed(CommittedChanges())
    log.info("override_withdrawn", schedule=slug, override=call.id, by=call.actor)
    return web.Response(status=204)
