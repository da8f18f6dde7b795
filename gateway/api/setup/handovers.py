"""The API of rosters, and of hand-overs from one shift to the next."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.directory import groups
from gateway.oncall import rosters
from gateway.oncall.shift import Shift
from gateway.operations.shifts import hand_over
from gateway.operations.shifts.hand_over import HandOver
from gateway.untrusted import bounds
from gateway.untrusted.bounds import Request
from gateway.vocabulary import ReportStatus

WEEK = timedelta(days=7)


class PlannedShift(
    msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """A shift: the people who work from one instant up to another."""

    since: bounds.Moment
    until: bounds.Moment
    people: Annotated[list[bounds.Name], Meta(max_length=100)]


class Roster(Request, kw_only=True):
    """The shifts of a group from now on."""

    shifts: Annotated[list[PlannedShift], Meta(max_length=1_000)]


class RosterQuery(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}
):
    """The period of a roster, by default a week from now."""

    since: bounds.Moment | None = None
    until: bounds.Moment | None = None


class RosterView(msgspec.Struct):
    """The shifts of a period, and the people on shift now."""

    shifts: list[PlannedShift]
    on_shift: list[str]


class HandOverQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The group whose hand-overs are listed; all groups unless one is named."""

    group: bounds.Name | None = None


class HandOverRecord(msgspec.Struct):
    """A record on a hand-over list.

    With a `report` the record is over, and the report is what is left to do.
    """

    number: str
    title: str
    priority: int
    state: str
    handler: str
    next_due_at: datetime | None
    report: ReportStatus | None


class HandOverView(msgspec.Struct):
    """The open work of a shift that ends, for the one that follows."""

    id: int
    group: str
    ends_at: datetime
    people: list[str]
    successors: list[str]
    accepted_at: datetime | None
    accepted_by: str | None
    records: list[HandOverRecord]


class HandOvers(msgspec.Struct):
    """The hand-overs that nobody has accepted yet."""

    handovers: list[HandOverView]


async def put_roster(call: ApiCall[Roster]) -> web.Response:
    """Set the roster of a group."""
    shifts = [
        Shift(starts_at=one.since, ends_at=one.until, people=tuple(one.people))
        for one in call.body.shifts
    ]
    uow = call.context.uow
    async with transaction(uow.pool) as conn:
        await rosters.plan(
            conn,
            call.request.match_info["slug"],
            shifts,
            await fetch_now(conn, uow.clock.stamp()),
        )
    return web.Response(status=204)


async def read_roster(call: QueryCall[RosterQuery]) -> web.Response:
    """Return the shifts of a group in a period."""
    query, uow, slug = (
        call.query,
        call.context.uow,
        call.request.match_info["slug"],
    )
    async with acquire(uow.pool) as conn:
        await groups.by_slug(conn, slug)
        now = await fetch_now(conn, uow.clock.stamp())
        since = query.since or now
        found = await rosters.between(conn, slug, since, query.until or since + WEEK)
        present = await rosters.between(conn, slug, now, now + timedelta(microseconds=1))
    shifts = [PlannedShift(one.starts_at, one.ends_at, list(one.people)) for one in found]
    return respond(RosterView(shifts, [login for one in present for login in one.people]))


async def list_handovers(call: QueryCall[HandOverQuery]) -> web.Response:
    """List the hand-overs that wait to be accepted."""
    query = call.query
    return respond(
        HandOvers(
            [
                _view(one)
                for one in await hand_over.list_pending(call.context.uow, query.group, call.who)
            ]
        )
    )


async def accept_handover(call: ApiCall[None]) -> web.Response:
    """Accept a hand-over."""
    one = await hand_over.accept_hand_over(call.context.uow, call.id, call.who, once=call.once())
    return respond(_view(one))


def _view(one: HandOver) -> HandOverView:
    plain = tuple(name for name in HandOverRecord.__struct_fields__ if name != "report")
    records = [
        HandOverRecord(**{n: getattr(r, n) for n in plain}, report=one.reports.get(r.id))
        for r in one.records
    ]
    said = {
        name: getattr(one, name)
        for name in ("id", "group", "ends_at", "accepted_at", "accepted_by")
    }
    return HandOverView(
        **said, people=list(one.people), successors=list(one.successors), records=records
    )
