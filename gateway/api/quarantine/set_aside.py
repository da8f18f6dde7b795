"""The API of mail that was set aside because a program wrote it: list, read, open as a record."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import visibility_of
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.db.pool import acquire
from gateway.quarantine import masking, set_aside
from gateway.untrusted.bounds import Slug
from gateway.vocabulary import Outcome

log = structlog.get_logger()

NEWEST = 2**63 - 1
SET_ASIDE_BODY_BYTES = 2_097_152
"""The most bytes of one mail that are shown."""


class SetAsideQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The mails to list: newest first, only ids below `before`."""

    state: Literal["waiting", "opened"] = "waiting"
    reason: Slug | None = None
    before: Annotated[int, Meta(ge=1, le=NEWEST)] = NEWEST
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class SetAsideView(msgspec.Struct):
    """One mail that was set aside.

    `answers` is the number of the record it answers, `incident` that of the record it became.

    `body` is the whole mail, shown by itself up to 2 MiB and empty in lists. Secrets are shown
    as ***.
    """

    id: int
    receipt: UUID
    integration: str
    source: str
    received_at: datetime
    reason: str
    sender: str
    subject: str
    text: str
    answers: str | None
    state: str
    opened_at: datetime | None
    opened_by: str
    incident: str | None
    bytes: int
    body: str


class SetAsideList(msgspec.Struct):
    """Mails that were set aside; `next` is the `before` of the next page, null at the end."""

    set_aside: list[SetAsideView]
    next: int | None


class SetAsideOpened(msgspec.Struct):
    """The mail with the record that it is in now.

    `outcome` is opened, related or added, or duplicate if the mail was in a record already.
    """

    incident: str
    outcome: Outcome
    receipt: UUID
    set_aside: SetAsideView


def _view(kept: set_aside.SetAsideMail) -> SetAsideView:
    return SetAsideView(
        id=kept.id,
        receipt=kept.receipt_id,
        integration=kept.integration,
        source=kept.source,
        received_at=kept.received_at,
        reason=kept.reason,
        sender=kept.sender,
        subject=masking.mask_text(kept.subject),
        text=masking.mask_text(kept.text),
        answers=kept.answers,
        state=kept.state,
        opened_at=kept.opened_at,
        opened_by=kept.opened_by,
        incident=kept.incident,
        bytes=kept.size,
        body=masking.mask_body(kept.body[:SET_ASIDE_BODY_BYTES]) if kept.body else "",
    )


async def list_set_aside(call: QueryCall[SetAsideQuery]) -> web.Response:
    """Return a page of the mails that were set aside."""
    query = call.query
    async with acquire(call.context.uow.pool) as conn:
        found = await set_aside.newest(
            conn, visibility_of(call.who), query.state, query.reason, query.before, query.limit + 1
        )
    shown = await asyncio.to_thread(lambda: [_view(one) for one in found[: query.limit]])
    return respond(SetAsideList(shown, shown[-1].id if len(found) > query.limit else None))


async def read_set_aside(call: ApiCall[None]) -> web.Response:
    """Return one mail with its body."""
    async with acquire(call.context.uow.pool) as conn:
        kept = await set_aside.by_id(conn, call.id, visibility_of(call.who))
    return respond(await asyncio.to_thread(_view, kept))


async def open_set_aside(call: ApiCall[None]) -> web.Response:
    """Create a record of one mail; a second call changes nothing and names the same record."""
    done = await call.context.open_set_aside(call.id, call.who)
    log.info("set_aside_opened", id=done.kept.id, by=call.actor, incident=done.kept.incident)
    shown = await asyncio.to_thread(_view, done.kept)
    return respond(SetAsideOpened(shown.incident or "", done.outcome, done.receipt, shown))
