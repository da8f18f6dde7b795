"""The API of who is on call, when, and when nobody is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from aiohttp import web

from gateway.api.context import QueryCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.errors import Flaw, Unprocessable
from gateway.oncall import schedules
from gateway.oncall.expansion import INSTANT, gaps
from gateway.oncall.schedules import expand, load_plans
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span
from gateway.untrusted import bounds

MOST_DAYS = 100
WEEK = timedelta(days=7)


class MomentQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The moment that is asked about, by default now."""

    at: bounds.Moment | None = None


class SpanQuery(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}
):
    """The period that is asked about, by default a week from now."""

    since: bounds.Moment | None = None
    until: bounds.Moment | None = None


class ShiftView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """A shift, and why its people are on call.

    `overrides` are the ids of those that put somebody in it; with `stand_in` everybody whose turn
    it is is away.
    """

    since: datetime
    until: datetime
    people: list[str]
    why: Literal["layer", "override", "stand_in"]
    layer: str | None
    overrides: list[int]


class GapView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """A time in which nobody is on call."""

    since: datetime
    until: datetime


class ShiftList(msgspec.Struct):
    """The shifts of a period, each whole, and the times of it in which nobody is on call."""

    schedule: str
    shifts: list[ShiftView]
    gaps: list[GapView]


class OnCallView(msgspec.Struct):
    """The people on call at a moment, and the shifts that put them there."""

    schedule: str
    name: str
    at: datetime
    people: list[str]
    shifts: list[ShiftView]


class OnCallList(msgspec.Struct):
    """The people on call at a moment, by schedule."""

    at: datetime
    schedules: list[OnCallView]


def shift_view(one: Shift) -> ShiftView:
    """Return the shift as the API shows it."""
    return ShiftView(
        one.starts_at,
        one.ends_at,
        list(one.people),
        "stand_in" if one.stand_in else "override" if one.overrides else "layer",
        one.layer or None,
        list(one.overrides),
    )


def check_span(since: datetime, until: datetime) -> Span:
    """Return the period; raises Unprocessable for one that is empty or too long."""
    if not timedelta() < until - since <= timedelta(days=MOST_DAYS):
        raise Unprocessable(
            "the period cannot be shown",
            flaws=(Flaw("/to", f"lies after from, {MOST_DAYS} days later at most"),),
        )
    return since, until


async def list_shifts(call: QueryCall[SpanQuery]) -> web.Response:
    """Return the shifts of a schedule in a period."""
    slug, uow = call.request.match_info["slug"], call.context.uow
    async with acquire(uow.pool) as conn:
        await schedules.by_slug(conn, slug)
        since = call.query.since or await fetch_now(conn, uow.clock.stamp())
        since, until = check_span(since, call.query.until or since + WEEK)
        plans = await load_plans(conn, [slug], since, until)
    found = await expand(plans[slug], since, until) if slug in plans else []
    empty = [GapView(first, last) for first, last in gaps(found, since, until)]
    return respond(ShiftList(slug, [shift_view(one) for one in found], empty))


async def read_on_call(call: QueryCall[MomentQuery]) -> web.Response:
    """Return who is on call in a schedule at a moment."""
    slug = call.request.match_info["slug"]
    async with acquire(call.context.uow.pool) as conn:
        stored = await schedules.by_slug(conn, slug)
    found = await _on_call(call, [slug])
    inactive = OnCallView(slug, stored.name, found.at, [], [])
    return respond(found.schedules[0] if found.schedules else inactive)


async def list_on_call(call: QueryCall[MomentQuery]) -> web.Response:
    """Return who is on call at a moment, in every active schedule."""
    return respond(await _on_call(call, None))


async def _on_call(call: QueryCall[MomentQuery], slugs: Sequence[str] | None) -> OnCallList:
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        at = call.query.at or await fetch_now(conn, uow.clock.stamp())
        plans = await load_plans(conn, slugs, at, at + INSTANT)
    views = []
    for slug, plan in plans.items():
        shifts = [shift_view(one) for one in await expand(plan, at, at + INSTANT)]
        views.append(OnCallView(slug, plan.schedule.name, at, list(plan.on_call(at)), shifts))
    return OnCallList(at, views)
