"""The API of people's pauses: quiet hours and do-not-disturb."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, respond
from gateway.api.people.person_of_call import login_of
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire, transaction
from gateway.directory.contact_method import MOST
from gateway.directory.pauses import set_do_not_disturb, set_quiet_hours
from gateway.directory.quiet_hours import (
    DAYS,
    DoNotDisturb,
    Pauses,
    QuietSpan,
    leaves_time,
    minute_of,
    time_text,
)
from gateway.directory.reach import PersonReach
from gateway.directory.reaches import reach_of
from gateway.errors import Flaw, NotFound, Unprocessable
from gateway.untrusted.bounds import Moment, Request

log = structlog.get_logger()

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LocalTime = Annotated[str, Meta(max_length=5)]
ALL_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class QuietTime(Request, kw_only=True, rename={"since": "from"}):
    """Quiet hours on some weekdays, on the clock of the person.

    With `to` at or before `from` they end on the day after.
    """

    since: LocalTime
    to: LocalTime
    days: Annotated[list[Day], Meta(min_length=1, max_length=7)] = msgspec.field(
        default_factory=lambda: list(ALL_DAYS)
    )


class QuietHours(Request, kw_only=True):
    """The quiet hours of a person, what passes, and the methods that make no noise.

    Priorities up to `passes` are told as ever. What is less urgent goes to the contact methods
    in `silent_methods`, or waits until the quiet hours end if there are none.
    """

    hours: Annotated[list[QuietTime], Meta(max_length=14)]
    passes: Literal[1, 2] = 1
    silent_methods: Annotated[list[Annotated[int, Meta(ge=1, le=2**53)]], Meta(max_length=MOST)] = (
        msgspec.field(default_factory=list)
    )


class NewDoNotDisturb(Request, kw_only=True):
    """A time until which nothing is told to the person that can wait.

    Priorities that pass the quiet hours pass it too, unless it is `absolute`: then the next who
    must be told of an urgent record is told at once, and its timeline says why.
    """

    until: Moment
    reason: Annotated[str, Meta(max_length=200)] = ""
    absolute: bool = False


class DoNotDisturbView(msgspec.Struct):
    """The do-not-disturb of a person; `until` is null if there is none now."""

    until: datetime | None
    reason: str
    absolute: bool


async def read_quiet_hours(call: ApiCall[None]) -> web.Response:
    """Return the quiet hours of a person."""
    async with acquire(call.context.uow.pool) as conn:
        return respond(_shown((await _reach(conn, login_of(call))).pauses))


async def put_quiet_hours(call: ApiCall[QuietHours]) -> web.Response:
    """Set the quiet hours of a person; none ends them."""
    login, asked = login_of(call), call.body
    pauses = Pauses(
        quiet=_spans(asked.hours),
        passes=asked.passes,
        silent_methods=frozenset(asked.silent_methods),
    )
    async with transaction(call.context.uow.pool) as conn:
        await set_quiet_hours(conn, login, pauses, call.context.uow.clock.stamp())
        shown = _shown((await _reach(conn, login)).pauses)
    log.info("quiet_hours_changed", login=login, by=call.actor)
    return respond(shown)


async def read_do_not_disturb(call: ApiCall[None]) -> web.Response:
    """Return the do-not-disturb of a person."""
    async with acquire(call.context.uow.pool) as conn:
        return await _disturb(call, conn)


async def put_do_not_disturb(call: ApiCall[NewDoNotDisturb]) -> web.Response:
    """Begin a do-not-disturb, in place of the one before."""
    asked = call.body
    return await _set(call, DoNotDisturb(asked.until, asked.reason, asked.absolute))


async def end_do_not_disturb(call: ApiCall[None]) -> web.Response:
    """End a do-not-disturb now."""
    return await _set(call, None)


async def _set(call: ApiCall[object], disturb: DoNotDisturb | None) -> web.Response:
    login = login_of(call)
    async with transaction(call.context.uow.pool) as conn:
        await set_do_not_disturb(conn, login, disturb, call.context.uow.clock.stamp())
        response = await _disturb(call, conn)
    log.info("do_not_disturb_changed", login=login, by=call.actor, on=disturb is not None)
    return response


async def _disturb(call: ApiCall[object], conn: Connection) -> web.Response:
    disturb = (await _reach(conn, login_of(call))).pauses.disturb
    now = await fetch_now(conn, call.context.uow.clock.stamp())
    if disturb is None or disturb.until <= now:
        return respond(DoNotDisturbView(None, "", absolute=False))
    return respond(DoNotDisturbView(disturb.until, disturb.reason, disturb.absolute))


async def _reach(conn: Connection, login: str) -> PersonReach:
    reach = await reach_of(conn, login, active_only=False)
    if reach is None:
        raise NotFound(f"nobody has the login {login}")
    return reach


def _spans(hours: Sequence[QuietTime]) -> tuple[QuietSpan, ...]:
    """Return the hours as values; raises Unprocessable with all flaws."""
    if found := tuple(_flaws(hours)):
        raise Unprocessable("the quiet hours cannot be used", flaws=found)
    spans = tuple(
        QuietSpan(
            frozenset(DAYS.index(day) for day in one.days),
            minute_of(one.since) or 0,
            minute_of(one.to) or 0,
        )
        for one in hours
    )
    if not leaves_time(spans):
        flaw = Flaw("/hours", "leave some minutes of the week in which messages arrive")
        raise Unprocessable("the quiet hours never end", flaws=(flaw,))
    return spans


def _flaws(hours: Sequence[QuietTime]) -> Iterator[Flaw]:
    for place, one in enumerate(hours):
        for name, text in (("from", one.since), ("to", one.to)):
            if minute_of(text) is None or (name == "from" and text == "24:00"):
                yield Flaw(f"/hours/{place}/{name}", "write it as 22:30")
        if one.since == one.to:
            yield Flaw(f"/hours/{place}/to", "another time than from: 24:00 ends the day")


def _shown(pauses: Pauses) -> QuietHours:
    return QuietHours(
        hours=[
            QuietTime(
                since=time_text(one.since),
                to=time_text(one.until),
                days=[ALL_DAYS[day] for day in sorted(one.days)],
            )
            for one in pauses.quiet
        ],
        passes=2 if pauses.passes == 2 else 1,
        silent_methods=sorted(pauses.silent_methods),
    )
