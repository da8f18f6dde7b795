"""The API of quarantine entries, which could not be parsed: list, explain, replay, drop."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, QueryCall, respond
from gateway.db.pool import acquire
from gateway.errors import Flaw
from gateway.quarantine import masking, store
from gateway.quarantine.difference import Difference
from gateway.quarantine.operations import ReplayResult, Turn
from gateway.quarantine.store import EntryFilter, ProblemCount, QuarantineEntry
from gateway.quarantine.trial import AlertPreview, Trial
from gateway.receipts.submission import ItemResult
from gateway.untrusted.bounds import Moment, Request, Slug

log = structlog.get_logger()

MAX_QUARANTINE_ID = 2**63 - 1
LIST_BODY_BYTES, ENTRY_BODY_BYTES = 16_384, 2_097_152
"""The most bytes of a body that are shown in a list, and of one entry.

Mail may be larger, and nobody reads that here.
"""

NARROW_QUARANTINE_HINT = "narrow it by source, integration or since"
"""The hint for a search in the problems of entries that is too large."""

Piece = Annotated[str, Meta(max_length=200)]


class QuarantineFilter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A part of the quarantine.

    `problem` is a piece of an entry's problem text, `since` the earliest time of receipt.
    """

    state: Literal["pending", "replayed", "dropped"] = "pending"
    source: Slug | None = None
    integration: Slug | None = None
    problem: Piece | None = None
    since: Moment | None = None

    @property
    def which(self) -> EntryFilter:
        """The same filter for the database."""
        return EntryFilter(self.state, self.source, self.integration, self.problem, self.since)


class QuarantineQuery(QuarantineFilter, forbid_unknown_fields=True, frozen=True):
    """A page of quarantine entries: newest first, only ids below `before`."""

    before: Annotated[int, Meta(ge=1, le=MAX_QUARANTINE_ID)] = MAX_QUARANTINE_ID
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class QuarantineEntryView(msgspec.Struct):
    """One body (`item` -1) or item in quarantine.

    `body` is shown as text, cut to 16 KiB in a list, else to 2 MiB, with secrets in it as ***.
    """

    id: int
    receipt: UUID
    item: int
    integration: str
    source: str
    received_at: datetime
    problem: str
    pointer: str
    state: str
    headers: dict[str, str]
    bytes: int
    body: str
    tried_at: datetime | None
    tried_problem: str
    settled_at: datetime | None
    settled_by: str
    reason: str
    replayed_receipt: UUID | None


class QuarantinePage(msgspec.Struct):
    """A page of quarantine entries; `next` is the `before` of the next page, null at the end."""

    quarantine: list[QuarantineEntryView]
    next: int | None


class Counts(msgspec.Struct):
    """The most frequent problems of each sender, among the 20,000 entries that came last."""

    counts: list[ProblemCount]


class TrialView(msgspec.Struct):
    """The result that reading an entry would have now.

    It is either flaws, or alerts and the reasons why items are ignored.
    """

    alerts: tuple[AlertPreview, ...]
    ignored: tuple[str, ...]
    flaws: tuple[Flaw, ...]


class QuarantineEntryDetail(msgspec.Struct):
    """An entry with all its text, and its differences from what its source reads.

    `nearest` names the captured body of that source that is most like it, `example` is that
    body.
    """

    entry: QuarantineEntryView
    differences: tuple[Difference, ...]
    nearest: str | None
    example: Any
    would_become: TrialView | None


class ReplayView(msgspec.Struct):
    """The result of reading an entry again, as its sender would have received it."""

    receipt: UUID
    results: tuple[ItemResult, ...]


class ReplayBatch(Request, kw_only=True):
    """The pending entries to read again, oldest first: at most `limit` above the id `after`."""

    source: Slug | None = None
    integration: Slug | None = None
    problem: Piece | None = None
    since: Moment | None = None
    after: Annotated[int, Meta(ge=0, le=MAX_QUARANTINE_ID)] = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 100


class ReplayBatchView(msgspec.Struct):
    """The results of reading entries again, counted and one by one.

    `next` is the `after` to continue with, null at the end; `left` entries wait behind it.
    `stopped` is the reason why it ended early; the entries that follow are unchanged.
    """

    replayed: int
    refused: int
    busy: int
    ended: tuple[ReplayResult, ...]
    next: int | None
    left: int
    stopped: str


class Drop(Request, kw_only=True):
    """The reason why an entry is dropped."""

    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


def _view(kept: QuarantineEntry) -> QuarantineEntryView:
    return QuarantineEntryView(
        id=kept.id,
        receipt=kept.receipt_id,
        item=kept.item,
        integration=kept.integration,
        source=kept.source,
        received_at=kept.received_at,
        problem=masking.mask_text(kept.problem),
        pointer=kept.pointer,
        state=kept.state,
        headers={name: masking.mask_text(value) for name, value in kept.headers.items()},
        bytes=kept.size,
        body=masking.mask_body(kept.body[:ENTRY_BODY_BYTES]),
        tried_at=kept.tried_at,
        tried_problem=masking.mask_text(kept.tried_problem),
        settled_at=kept.settled_at,
        settled_by=kept.settled_by,
        reason=kept.reason,
        replayed_receipt=kept.replayed_receipt_id,
    )


def view_trial(trial: Trial) -> TrialView:
    """Return a trial as the API shows it."""
    return TrialView(trial.alerts, trial.ignored, trial.flaws)


def _turn(call: ApiCall[object], which: EntryFilter) -> Turn:
    return call.context.searches.turn(
        NARROW_QUARANTINE_HINT, needed=bool(which.source or which.integration or which.problem)
    )


async def list_quarantine(call: QueryCall[QuarantineQuery]) -> web.Response:
    """List a page of the quarantine."""
    query = call.query
    async with _turn(call, query.which), acquire(call.context.uow.pool) as conn:
        found = await store.newest(
            conn, query.which, query.before, query.limit + 1, LIST_BODY_BYTES
        )
    shown = await asyncio.to_thread(lambda: [_view(one) for one in found[: query.limit]])
    return respond(QuarantinePage(shown, shown[-1].id if len(found) > query.limit else None))


async def count_quarantine(call: QueryCall[QuarantineFilter]) -> web.Response:
    """Count the entries of each sender by problem."""
    query = call.query
    async with (
        call.context.searches.turn(NARROW_QUARANTINE_HINT),
        acquire(call.context.uow.pool) as conn,
    ):
        found = await store.counts(conn, query.which, 200)
    return respond(Counts([replace(one, problem=masking.mask_text(one.problem)) for one in found]))


async def read_quarantined(call: ApiCall[None]) -> web.Response:
    """Return one entry, its differences from what was expected, and what it would become."""
    told = await call.context.mending.explain(call.id)
    shown = view_trial(told.trial) if told.trial is not None else None
    entry = await asyncio.to_thread(_view, told.kept)
    return respond(
        QuarantineEntryDetail(entry, told.differences, told.nearest, told.example, shown)
    )


async def replay_quarantined(call: ApiCall[None]) -> web.Response:
    """Read one body or item again."""
    receipt = await call.context.mending.replay(call.id, call.actor)
    log.info("quarantine_replayed", id=call.id, by=call.actor)
    return respond(ReplayView(receipt.id, receipt.results), status=202)


async def replay_many(call: ApiCall[ReplayBatch]) -> web.Response:
    """Read a batch of quarantined entries again."""
    asked = call.body
    which = EntryFilter("pending", asked.source, asked.integration, asked.problem, asked.since)
    done = await call.context.mending.replay_many(
        which, asked.after, asked.limit, call.actor, _turn(call, which)
    )
    told = {
        outcome: sum(one.outcome == outcome for one in done.ended)
        for outcome in ("replayed", "refused", "busy")
    }
    log.info("quarantine_replayed_many", by=call.actor, **told)
    return respond(
        ReplayBatchView(
            **told, ended=done.ended, next=done.next, left=done.left, stopped=done.stopped
        )
    )


async def drop_quarantined(call: ApiCall[Drop]) -> web.Response:
    """Drop one entry; a repeated request changes nothing and names who dropped it first."""
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        kept, fresh = await store.drop(
            conn, call.id, call.body.reason, call.actor, uow.clock.stamp()
        )
    if fresh:
        log.info("quarantine_dropped", id=kept.id, by=call.actor, reason=kept.reason)
    return respond(_view(kept))
