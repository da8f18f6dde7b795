"""The API of rosters, and of hand-overs from one shift to the next."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.directory import groups
from gateway.errors import Flaw, Unprocessable
from gateway.oncall import rosters
from gateway.oncall.schedule_rosters import follow, followed
from gateway.oncall.shift import Shift
from gateway.operations.oncall.rosters import follow_schedule
from gateway.operations.shifts import hand_over
from gateway.operations.shifts.lists import HandOver, list_pending
from gateway.operations.shifts.look_through import record_look_through
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
    """The shifts of a group from now on, or the schedule whose shifts they are."""

    shifts: Annotated[list[PlannedShift], Meta(max_length=1_000)] | UnsetType = UNSET
    schedule: bounds.Slug | UnsetType = UNSET


class RosterQuery(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}
):
    """The period of a roster, by default a week from now."""

    since: bounds.Moment | None = None
    until: bounds.Moment | None = None


class RosterView(msgspec.Struct):
    """The shifts of a period, the people on shift now, and the schedule that it follows, if any."""

    shifts: list[PlannedShift]
    on_shift: list[str]
    schedule: str | None


class HandOverQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The group whose hand-overs are listed; all groups unless one is named.

    With `look_through`, those that a shift was asked to look through and has not.
    """

    group: bounds.Name | None = None
    look_through: bool = False


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
    look_through_asked_at: datetime | None
    looked_through_at: datetime | None
    looked_through_by: str | None
    records: list[HandOverRecord]


class HandOvers(msgspec.Struct):
    """The hand-overs that nobody has accepted yet."""

    handovers: list[HandOverView]


async def put_roster(call: ApiCall[Roster]) -> web.Response:
    """Set the roster of a group."""
    uow, slug, given = call.context.uow, call.request.match_info["slug"], call.body
    if (given.shifts is UNSET) == (given.schedule is UNSET):
        raise Unprocessable(
            "the roster cannot be used",
            flaws=(Flaw("/schedule", "give either shifts or the schedule to follow"),),
        )
    async with transaction(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
        if given.schedule is not UNSET:
            await follow_schedule(conn, slug, given.schedule, now)
        if given.shifts is not UNSET:
            await follow(conn, slug, None)
            await rosters.plan(conn, slug, [_shift(one) for one in given.shifts], now)
    return web.Response(status=204)


def _shift(one: PlannedShift) -> Shift:
    return Shift(starts_at=one.since, ends_at=one.until, people=tuple(one.people))


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
        schedule = await followed(conn, slug)
    shifts = [PlannedShift(one.starts_at, one.ends_at, list(one.people)) for one in found]
    return respond(RosterView(shifts, [login for one in present for login in one.people], schedule))


async def list_handovers(call: QueryCall[HandOverQuery]) -> web.Response:
    """List the hand-overs that wait to be accepted."""
    query = call.query
    return respond(
        HandOvers(
            [
                _view(one)
                for one in await list_pending(
                    call.context.uow, query.group, call.who, look_through=query.look_through
                )
            ]
        )
    )


async def accept_handover(call: ApiCall[None]) -> web.Response:
    """Accept a hand-over."""
    one = await hand_over.accept_hand_over(call.context.uow, call.id, call.who, once=call.once())
    return respond(_view(one))


async def look_through_handover(call: ApiCall[None]) -> web.Response:
    """Record that what was handed over or left was looked through."""
    one = await record_look_through(call.context.uow, call.id, call.who, once=call.once())
    return respond(_view(one))


def _view(one: HandOver) -> HandOverView:
    plain = tuple(name for name in HandOverRecord.__struct_fields__ if name != "report")
    records = [
        HandOverRecord(**{n: getattr(r, n) for n in plain}, report=one.reports.get(r.id))
        for r in one.records
    ]
    said = {name: getattr(one, name) for name in HandOverView.__struct_fields__}
    lists = {"people": list(one.people), "successors": list(one.successors)}
    return HandOverView(**said | lists | {"records": records})
