"""The API of the calendar that a person names: its events are their absences."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta
from yarl import URL

from gateway.api.context import ApiCall, respond
from gateway.api.oncall.absences import Hours, Word
from gateway.api.people.person_of_call import login_of
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.oncall.absence import AbsenceSource
from gateway.oncall.absences import ImportedAbsences, replace_absences
from gateway.oncall.person_calendars import (
    PersonCalendar,
    calendar_of,
    delete_calendar,
    put_calendar,
)
from gateway.untrusted.bounds import Request

log = structlog.get_logger()


class CalendarToRead(Request, kw_only=True):
    """A calendar to be read every quarter of an hour.

    Its absences are the events that last `at_least_hours`, and with `words` those alone whose
    title has one of the words.
    """

    url: Annotated[str, Meta(max_length=2_000)]
    words: Annotated[list[Word], Meta(max_length=50)] = msgspec.field(default_factory=list)
    at_least_hours: Hours = 4


class CalendarView(msgspec.Struct):
    """The calendar of a person, and how reading it went.

    Only the host of its address is shown, which is often a secret. `read_at` is when it was last
    read whole, `error` why it could not be read the last time, "" if it could.
    """

    host: str
    words: list[str]
    at_least_hours: int
    next_at: datetime
    checked_at: datetime | None
    read_at: datetime | None
    failing_since: datetime | None
    error: str
    absences: int
    unreadable: int


async def read_own_calendar(call: ApiCall[None]) -> web.Response:
    """Return the calendar of the caller."""
    async with acquire(call.context.uow.pool) as conn:
        return respond(_view(await calendar_of(conn, login_of(call))))


async def put_own_calendar(call: ApiCall[CalendarToRead]) -> web.Response:
    """Name the calendar of the caller."""
    login, asked = login_of(call), call.body
    url = call.context.calendars.check(asked.url)
    at_least = timedelta(hours=asked.at_least_hours)
    async with transaction(call.context.uow.pool) as conn:
        stamp = call.context.uow.clock.stamp()
        await put_calendar(conn, login, str(url), asked.words, at_least, stamp)
        named = await calendar_of(conn, login)
    log.info("calendar_named", login=login, by=call.actor, host=url.host)
    return respond(_view(named))


async def delete_own_calendar(call: ApiCall[None]) -> web.Response:
    """Forget the calendar of the caller, and the absences that are still to come of it."""
    login, stamp = login_of(call), call.context.uow.clock.stamp()
    none = ImportedAbsences(login=login, source=AbsenceSource.CALENDAR, absences=(), by=login)
    async with transaction(call.context.uow.pool) as conn:
        await delete_calendar(conn, login)
        await replace_absences(conn, none, await fetch_now(conn, stamp), stamp)
    log.info("calendar_forgotten", login=login, by=call.actor)
    return web.Response(status=204)


def _view(one: PersonCalendar) -> CalendarView:
    plain = {
        name: getattr(one, name)
        for name in CalendarView.__struct_fields__
        if name not in {"host", "words", "at_least_hours"}
    }
    return CalendarView(
        host=URL(one.url).host or "",
        words=list(one.words),
        at_least_hours=one.at_least // timedelta(hours=1),
        **plain,
    )
