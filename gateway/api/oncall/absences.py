"""The API of absences: people enter their own, managers of incidents anybody's."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import ALLOWED, Action, may
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.people.person_of_call import login_of
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.directory import people
from gateway.errors import Unprocessable
from gateway.oncall.absence import LONGEST, AbsenceSource, EventFilter, NewAbsence, flaws
from gateway.oncall.absences import (
    StoredAbsence,
    add_absence,
    of_person,
    remove_absence,
)
from gateway.oncall.ical.reading import LONGEST_TITLE
from gateway.operations.calendars.imports import find_reader, take_absences
from gateway.untrusted import bounds
from gateway.untrusted.bounds import Request
from gateway.untrusted.request_bodies import read_body
from gateway.web.deadlines import FILE_SECONDS, extend_deadline

log = structlog.get_logger()

LARGEST = 1_048_576
"""The most bytes of a calendar file."""

Reason = Annotated[str, Meta(max_length=LONGEST_TITLE, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Hours = Annotated[int, Meta(ge=0, le=744)]


class AbsenceToEnter(Request, kw_only=True, rename={"since": "from", "until": "to"}):
    """A time in which a person is away."""

    since: bounds.Moment
    until: bounds.Moment
    reason: Reason = ""


class AbsenceView(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """An absence of a person; `reason` is empty for those who may not read it."""

    id: int
    since: datetime
    until: datetime
    reason: str
    source: AbsenceSource
    entered_by: str
    created_at: datetime


class AbsenceList(msgspec.Struct):
    """The absences of a person in a period."""

    absences: list[AbsenceView]


class AbsenceQuery(
    msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}
):
    """The period of absences, by default the 400 days from now."""

    since: bounds.Moment | None = None
    until: bounds.Moment | None = None


class ImportQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The events of a file that are absences: long ones, and with `words` those of such titles."""

    words: Annotated[str, Meta(max_length=1_000)] = ""
    at_least_hours: Hours = 0


class ImportedFile(msgspec.Struct):
    """The number of absences in a file, and of its events that could not be read."""

    absences: int
    unreadable: int


async def list_absences(call: QueryCall[AbsenceQuery]) -> web.Response:
    """Return the absences of a person."""
    login = login_of(call)
    async with acquire(call.context.uow.pool) as conn:
        await people.by_login(conn, login)
        now = await fetch_now(conn, call.context.uow.clock.stamp())
        since = call.query.since or now
        found = await of_person(conn, login, since, call.query.until or since + LONGEST)
    why = _may_read_reasons(call, login)
    return respond(AbsenceList([_view(one, why=why) for one in found]))


def _may_read_reasons(call: ApiCall[object], login: str) -> bool:
    """Return whether the caller may read why a person is away: their own, or by permission."""
    own = call.caller.person_id is not None and call.who.name == login
    return own or may(call.who, Action.PLAN_SHIFTS) == ALLOWED


async def enter_absence(call: ApiCall[AbsenceToEnter]) -> web.Response:
    """Enter an absence of a person."""
    login, asked, stamp = login_of(call), call.body, call.context.uow.clock.stamp()
    absence = NewAbsence(starts_at=asked.since, ends_at=asked.until, reason=asked.reason.strip())
    async with transaction(call.context.uow.pool) as conn:
        now = await fetch_now(conn, stamp)
        if found := tuple(flaws(asked.since, asked.until, now)):
            raise Unprocessable("this absence cannot be entered", flaws=found)
        made = await add_absence(conn, login, absence, call.actor, stamp)
    log.info("absence_entered", login=login, by=call.actor)
    return respond(_view(made, why=True), 201)


async def delete_absence(call: ApiCall[None]) -> web.Response:
    """Delete an absence of a person."""
    login = login_of(call)
    async with transaction(call.context.uow.pool) as conn:
        await remove_absence(conn, login, call.id, call.context.uow.clock.stamp())
    log.info("absence_deleted", login=login, by=call.actor)
    return web.Response(status=204)


async def import_absences(call: QueryCall[ImportQuery]) -> web.Response:
    """Import the absences of a person from a calendar file."""
    login = login_of(call)
    words = tuple(word for part in call.query.words.split(",") if (word := part.strip()))
    wanted = EventFilter(words=words, at_least=timedelta(hours=call.query.at_least_hours))
    body, uow = await read_body(call.request, LARGEST), call.context.uow
    reader, now = await find_reader(uow, login)
    extend_deadline(FILE_SECONDS)
    content = await call.context.calendars.read(body, reader, now)
    extend_deadline(0)
    done = await take_absences(uow, login, content, wanted, by=call.actor, now=now)
    log.info("absences_imported", login=login, by=call.actor, absences=done.absences)
    return respond(ImportedFile(**asdict(done)))


def _view(one: StoredAbsence, *, why: bool) -> AbsenceView:
    return AbsenceView(
        one.id,
        one.starts_at,
        one.ends_at,
        one.reason if why else "",
        one.source,
        one.entered_by,
        one.created_at,
    )
