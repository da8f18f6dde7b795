"""The API of one record for its reporter, by a link: read, confirm, refuse, rate, add to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aiohttp import web

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may, visibility_of
from gateway.access.principal import Principal
from gateway.access.reporter_links import INVALID
from gateway.api.context import ApiCall, Context, respond
from gateway.api.records.attachments import (
    AttachmentView,
    download,
    fetch_attachments,
    store_attachment,
)
from gateway.api.records.incidents import require_record
from gateway.api.records.timeline import fetch_newest_entries
from gateway.api.wire import NotedRequest
from gateway.db.buckets import SharedBucket, take_token
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.directory.roles import Role
from gateway.errors import IllegalTransition, NotFound, TooManyAttempts, Unprocessable
from gateway.incidents import commands, lifecycle, store
from gateway.incidents.public_timeline import facts_for_reporter
from gateway.incidents.record import Incident
from gateway.operations.actions.act import act
from gateway.operations.idempotency import IdempotencyKey
from gateway.untrusted.bounds import Rating
from gateway.vocabulary import State

REPORTER = "reporter"
"""The actor of timeline entries made by a link, whose bearer has proved no identity."""

RETRY_SECONDS = 86_400
"""Seconds until a retry, for a record that took as many entries by links as it ever does.

Its clocks and people may have changed by then.
"""

ACTION_RIGHTS = {
    "confirm": Action.CONFIRM,
    "refuse": Action.REFUSE,
    "rate": Action.RATE,
    "note": Action.NOTE,
}


class ReporterEvent(msgspec.Struct):
    """One event of a record; `own` when it was done by a link."""

    at: datetime
    event: str
    own: bool
    facts: dict[str, Any]


class ReporterFile(msgspec.Struct):
    """A file that the reporter may download, by the link and `/attachments/` and `id`."""

    id: int
    name: str
    type: str
    size: int


class RecordForReporter(msgspec.Struct):
    """A record as its reporter sees it; `actions` are those possible now.

    `timeline` is made of the newest entries; `earlier` says that there are others before them.
    """

    number: str
    state: State
    title: str
    description: str
    recorded_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution: str | None
    solution: str
    satisfaction: int | None
    actions: list[str]
    timeline: list[ReporterEvent]
    attachments: list[ReporterFile]
    earlier: bool


class Invitation(msgspec.Struct):
    """A link for the reporter, and the time when it ends.

    `path` and `page` (for people) are paths to be put behind the gateway's address. `url` is the
    whole address of the page, "" where the setting server.external_url is empty.
    """

    path: str
    page: str
    url: str
    expires_at: datetime


class ConfirmByLink(NotedRequest, kw_only=True):
    """Confirm that the record is solved."""

    satisfaction: Rating | None = None


ReporterBody = ConfirmByLink | commands.Refuse | commands.Rate | commands.Note
"""A body of an action by a link: the command itself, but that no related records are named."""

REPORTER_BODIES: Mapping[str, type[ReporterBody]] = {
    "confirm": ConfirmByLink,
    "refuse": commands.Refuse,
    "rate": commands.Rate,
    "note": commands.Note,
}
"""The request body of each action by a link."""


def command_by_link(asked: ReporterBody) -> commands.Command:
    """Return the command that a body asks for."""
    if isinstance(asked, ConfirmByLink):
        return commands.Confirm(satisfaction=asked.satisfaction, note=asked.note)
    return asked


async def invite(call: ApiCall[None]) -> web.Response:
    """Create a link to the record in the path; older ones stay valid."""
    incident = await require_record(call, Action.INVITE)
    if _reporter(incident) is None:
        raise Unprocessable("nobody is recorded as the reporter: set `contact` first")
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
    link, ends = call.context.links.make(incident.id, now)
    page = f"/my/{link}"
    return respond(
        Invitation(f"/api/v1/mine/{link}", page, call.context.links.address(page), ends), 201
    )


async def read_by_link(call: ApiCall[None]) -> web.Response:
    """Return the record; nothing changes."""
    _, incident = await _let_in(call)
    return respond(await view_for_reporter(call.context, incident), etag=str(incident.version))


async def fetch_file_by_link(call: ApiCall[None]) -> web.Response:
    """Return the content of a file that is marked public."""
    _, incident = await _let_in(call)
    return await download(call, incident, whole=False)


async def attach_by_link(call: ApiCall[None]) -> web.Response:
    """Store the body as a file that the reporter sent, for everybody who sees the record."""
    who, incident = await _let_in(call)
    raise_if_refused(may(who, Action.ATTACH, incident))
    await count_by_link(call.context, incident)
    link = call.request.match_info["link"]
    one, _ = await store_attachment(call, incident, who, link)
    return respond(_download(one), 201, location=f"/api/v1/mine/{link}/attachments/{one.id}")


async def act_by_link(call: ApiCall[ReporterBody]) -> web.Response:
    """Confirm, refuse, rate or add a note.

    Confirming a closed record changes nothing and is answered alike.
    """
    who, incident = await _let_in(call)
    incident = await act_by_reporter(
        call.context, who, incident, command_by_link(call.body), call.once()
    )
    return respond(await view_for_reporter(call.context, incident), etag=str(incident.version))


async def act_by_reporter(
    context: Context,
    who: Principal,
    incident: Incident,
    command: commands.Command,
    once: IdempotencyKey | None,
) -> Incident:
    """Return the record after the command; confirming a closed one changes nothing.

    Raises as `act`, and TooManyAttempts.
    """
    await count_by_link(context, incident)
    try:
        return await act(context.uow, incident.number, command, who, once=once)
    except IllegalTransition as error:
        if not (isinstance(command, commands.Confirm) and error.facts["state"] is State.CLOSED):
            raise
    return incident


BY_LINKS = """
SELECT count(*)
FROM (SELECT FROM timeline WHERE incident_id = $1 AND actor = $2 LIMIT $3) AS found
"""


async def count_by_link(context: Context, incident: Incident) -> None:
    """Count an action by a link on the record; raises TooManyAttempts over the limits."""
    limits, uow = context.limits, context.uow
    told = f"limits.link_per_hour is {limits.link_per_hour} for one record"
    bucket = SharedBucket(
        f"link\0{incident.id}",
        limits.link_per_hour,
        timedelta(hours=1) / limits.link_per_hour,
        told,
    )
    async with transaction(uow.pool) as conn:
        if (
            await conn.fetchval(BY_LINKS, incident.id, REPORTER, limits.link_per_record)
            >= limits.link_per_record
        ):
            raise TooManyAttempts(
                f"limits.link_per_record is {limits.link_per_record} entries by links: "
                "answer by mail, or call the service desk",
                retry_after=RETRY_SECONDS,
            )
        await take_token(conn, bucket, uow.clock.stamp())


async def _let_in(call: ApiCall[object]) -> tuple[Principal, Incident]:
    return await open_link(call.context, call.request.match_info["link"])


async def open_link(context: Context, link: str) -> tuple[Principal, Incident]:
    """Return the reporter behind the link and the record; raises NotFound.

    Visibility is checked again when the record is locked.
    """
    uow = context.uow
    async with acquire(uow.pool) as conn:
        incident_id = context.links.read(link, await fetch_now(conn, uow.clock.stamp()))
        [*records] = await store.by_ids(conn, [incident_id])
    if not records:
        raise NotFound(INVALID)
    who = _reporter(records[0])
    if who is None or not visibility_of(who).sees(records[0]):
        raise NotFound(INVALID)
    return who, records[0]


def _reporter(incident: Incident) -> Principal | None:
    """Return the record's reporter, known by its contact and owner; None when it has neither."""
    names = frozenset(text.lower() for text in (incident.contact, incident.owner) if text)
    return (
        Principal(name=REPORTER, parts=frozenset({Role.REPORTER}), identities=names)
        if names
        else None
    )


async def view_for_reporter(context: Context, incident: Incident) -> RecordForReporter:
    """Return the record as its reporter sees it."""
    async with acquire(context.uow.pool) as conn:
        rows, earlier = await fetch_newest_entries(conn, incident.id)
        files = await fetch_attachments(conn, incident, whole=False)
    told = [
        (
            row,
            facts_for_reporter(
                row["event"], row["actor"], msgspec.json.decode(row["facts"]), {REPORTER}
            ),
        )
        for row in rows
    ]
    if (who := _reporter(incident)) is None:
        raise NotFound(INVALID)
    possible = lifecycle.allowed_actions(incident.state)
    return RecordForReporter(
        **{name: getattr(incident, name) for name in COPIED},
        actions=[
            name
            for name, right in ACTION_RIGHTS.items()
            if name in possible and may(who, right, incident) == ALLOWED
        ],
        timeline=[
            ReporterEvent(r["at"], r["event"], r["actor"] == REPORTER, facts)
            for r, facts in told
            if facts is not None
        ],
        attachments=[_download(file) for file in files if file.removed_at is None],
        earlier=earlier,
    )


def _download(file: AttachmentView) -> ReporterFile:
    return ReporterFile(file.id, file.name, file.type, file.size)


COPIED = tuple(
    name
    for name in RecordForReporter.__struct_fields__
    if name not in {"actions", "timeline", "attachments", "earlier"}
)
