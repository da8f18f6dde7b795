"""The API of warnings about a schedule, and of how fairly its shifts are shared."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.oncall.shifts import GapView
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.errors import Flaw, Unprocessable
from gateway.oncall.coverage import AHEAD, Coverage, absent_shifts, find_coverage
from gateway.oncall.expansion import Plan, shifts
from gateway.oncall.fairness import Period, duties
from gateway.oncall.feeds import people_by_login
from gateway.oncall.schedules import by_slug, load_plans, shifts_between
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span
from gateway.operations.calendars.days_off import choose_calendar, days_off, unpublished_years
from gateway.untrusted import bounds

LONGEST = timedelta(days=400)
"""The longest period of figures."""

QUARTER = timedelta(days=90)


class DoubleBookingView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """A time in which a person is on call in this schedule and in others."""

    person: str
    schedules: list[str]
    since: datetime
    until: datetime


class AbsentView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """A time in which it is a person's turn and they are away, so that others stand in."""

    person: str
    since: datetime
    until: datetime


class CoverageView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """The warnings about a schedule in the next 30 days."""

    schedule: str
    since: datetime
    until: datetime
    gaps: list[GapView]
    double_bookings: list[DoubleBookingView]
    absences: list[AbsentView]


class FairnessQuery(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}
):
    """The period of figures, by default 90 days from now, and the calendar of public holidays.

    Without `calendar` it is the first one of the settings that has the zone of the schedule and
    the holidays of a country.
    """

    since: bounds.Moment | None = None
    until: bounds.Moment | None = None
    calendar: Annotated[str, Meta(max_length=64)] | None = None


class DutyView(msgspec.Struct):
    """The time that a person is on call: hours, and how many nights and days off."""

    person: str
    name: str
    hours: float
    nights: int
    weekend_days: int
    holidays: int


class FairnessView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """How the shifts of a schedule are shared among its people in a period.

    `calendar` is the one whose public holidays count, null for none; of the `unpublished` years
    not all are known yet.
    """

    schedule: str
    since: datetime
    until: datetime
    calendar: str | None
    unpublished: list[int]
    people: list[DutyView]


async def read_coverage(call: ApiCall[None]) -> web.Response:
    """Return the warnings about a schedule."""
    slug = call.request.match_info["slug"]
    async with acquire(call.context.uow.pool) as conn:
        await by_slug(conn, slug)
        now = await fetch_now(conn, call.context.uow.clock.stamp())
        within = (now, now + AHEAD)
        plans = await load_plans(conn, None, *within)
    if slug not in plans:
        return respond(CoverageView(slug, *within, [], [], []))
    return respond(await asyncio.to_thread(_warnings, slug, plans, within))


def _warnings(slug: str, plans: Mapping[str, Plan], within: Span) -> CoverageView:
    """Return the warnings about a schedule; others matter that have people of it."""
    plan = plans[slug]
    near = {name: one for name, one in plans.items() if one is plan or one.people & plan.people}
    found = find_coverage(near, within)
    missed = absent_shifts(_planned(plan, within), plan.absences, within)
    return CoverageView(
        slug,
        *within,
        [GapView(*one) for one in found.gaps[slug]],
        _double_bookings(found, slug),
        [AbsentView(one.person, one.starts_at, one.ends_at) for one in missed],
    )


def _planned(plan: Plan, within: Span) -> list[Shift]:
    """Return the shifts as they would be if nobody were away."""
    return shifts(plan.schedule, plan.overrides, (), *within)


def _double_bookings(found: Coverage, slug: str) -> list[DoubleBookingView]:
    return [
        DoubleBookingView(one.person, list(one.schedules), one.starts_at, one.ends_at)
        for one in found.double_bookings
        if slug in one.schedules
    ]


async def read_fairness(call: QueryCall[FairnessQuery]) -> web.Response:
    """Return how the shifts of a schedule are shared."""
    slug, query, uow = call.request.match_info["slug"], call.query, call.context.uow
    async with acquire(uow.pool) as conn:
        schedule = await by_slug(conn, slug)
        now = await fetch_now(conn, uow.clock.stamp())
        since, until = _period(query, now)
        worked = await shifts_between(conn, slug, since, until)
        on_call = {login for shift in worked for login in shift.people}
        people = await people_by_login(conn, on_call | schedule.schedule.people)
    settings = uow.rules.settings
    calendars = {} if settings is None else settings.sla.calendars
    name = choose_calendar(calendars, query.calendar, schedule.zone)
    period, unpublished = Period(since, until), []
    if name is not None:
        # The first use of a country's holidays loads a library, which takes most of a second.
        days = await asyncio.to_thread(days_off, calendars[name], since, until)
        period, unpublished = (
            Period(since, until, days),
            unpublished_years(calendars[name], since, until),
        )
    zones = {login: one.zone for login, one in people.items()}
    found = await asyncio.to_thread(duties, worked, zones, period)
    shared = [
        DutyView(
            login,
            people[login].name,
            round(one.time / timedelta(hours=1), 2),
            one.nights,
            one.weekend_days,
            one.holidays,
        )
        for login, one in found.items()
    ]
    return respond(FairnessView(slug, since, until, name, unpublished, shared))


def _period(query: FairnessQuery, now: datetime) -> Span:
    since = query.since or now
    until = query.until or since + QUARTER
    if not timedelta() < until - since <= LONGEST:
        detail = f"lies after from, {LONGEST.days} days later at most"
        raise Unprocessable("this period cannot be used", flaws=(Flaw("/to", detail),))
    return since, until
