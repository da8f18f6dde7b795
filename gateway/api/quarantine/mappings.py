"""The API of mappings of senders' bodies: try one on quarantine entries, save, list versions."""

from datetime import datetime
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.api.quarantine.entries import MAX_QUARANTINE_ID, TrialView, view_trial
from gateway.db.pool import Connection, acquire
from gateway.errors import NotFound
from gateway.quarantine import mappings
from gateway.quarantine.mapping import Mapping
from gateway.quarantine.mappings import MappingProposal, MappingVersion
from gateway.untrusted.bounds import Request, Slug

log = structlog.get_logger()

Id = Annotated[int, Meta(ge=1, le=MAX_QUARANTINE_ID)]


class TryMapping(Request, kw_only=True):
    """Mapping steps to try on pending entries of one sender.

    The entries are those with these `ids`, or at most `limit` above the id `after`.
    """

    integration: Slug
    source: Slug
    steps: Mapping
    ids: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    after: Annotated[int, Meta(ge=0, le=MAX_QUARANTINE_ID)] = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class MappingTrialEntry(msgspec.Struct):
    """The result that reading one entry would have."""

    id: int
    would_become: TrialView


class MappingTrial(msgspec.Struct):
    """The results of a tried mapping, counted and one by one.

    `next` is the `after` to continue with, null at the end.
    """

    understood: int
    refused: int
    entries: list[MappingTrialEntry]
    next: int | None


class PutMapping(Request, kw_only=True):
    """The steps of a mapping and the reason for it; without steps the mapping ends."""

    steps: Mapping
    note: Annotated[str, Meta(min_length=1, max_length=1_000)]


class MappingView(msgspec.Struct):
    """One version of the mapping of what an integration sends to a source."""

    integration: str
    source: str
    version: int
    steps: Mapping
    note: str
    made_at: datetime
    made_by: str


class MappingList(msgspec.Struct):
    """A list of mappings."""

    mappings: list[MappingView]


def _view(one: MappingVersion) -> MappingView:
    return MappingView(
        one.integration, one.source, one.version, one.steps, one.note, one.made_at, one.made_by
    )


def _sender(call: ApiCall[object]) -> tuple[str, str]:
    found = call.request.match_info
    return found["integration"], _known(call, found["source"])


def _known(call: ApiCall[object], source: str) -> str:
    if not call.context.mending.knows(source):
        raise NotFound(f"there is no source {source!r} whose bodies can be mapped")
    return source


async def try_mapping(call: ApiCall[TryMapping]) -> web.Response:
    """Return what pending entries would become with a mapping; nothing is changed."""
    asked = call.body
    proposal = MappingProposal(
        asked.integration, _known(call, asked.source), asked.steps, "", call.actor
    )
    done = await call.context.mending.try_mapping(proposal, asked.ids, asked.after, asked.limit)
    understood = sum(trial.understood for _, trial in done.trials)
    entries = [MappingTrialEntry(entry, view_trial(trial)) for entry, trial in done.trials]
    return respond(MappingTrial(understood, len(entries) - understood, entries, done.next))


async def list_mappings(call: ApiCall[None]) -> web.Response:
    """List the mappings in force."""
    async with acquire(call.context.uow.pool) as conn:
        found = await mappings.current(conn)
    return respond(MappingList([_view(one) for one in found if one.steps]))


async def read_mapping(call: ApiCall[None]) -> web.Response:
    """List the versions of one sender's mapping, at most 100, the one in force first."""
    async with acquire(call.context.uow.pool) as conn:
        found = await mappings.history(conn, *_sender(call), 100)
    if not found:
        raise NotFound("nothing is done to what this sender sends")
    return respond(MappingList([_view(one) for one in found]), etag=str(found[0].version))


async def put_mapping(call: ApiCall[PutMapping]) -> web.Response:
    """Save a version, which is in force at once; the same steps again change nothing."""
    asked, if_match, uow, most = (
        call.body,
        call.if_match(),
        call.context.uow,
        call.context.limits.mappings_per_day,
    )
    proposal = MappingProposal(*_sender(call), asked.steps, asked.note, call.actor)
    news: list[MappingVersion] = []

    async def work(conn: Connection) -> ChangeResult:
        saved, fresh = await mappings.save(conn, proposal, uow.clock.stamp(), if_match, most=most)
        news[:] = [saved] if fresh else []
        return ChangeResult(_view(saved), version=saved.version)

    response, _ = await answer_once(call, work)
    for saved in news:
        await call.context.mending.mappings.refresh(uow.pool)
        log.info(
            "mapping_saved",
            integration=saved.integration,
            source=saved.source,
            version=saved.version,
            by=call.actor,
        )
    return response
