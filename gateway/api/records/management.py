"""The API of escalation to management, and of the notifications about a record."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import Action
from gateway.api import wire
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.records.incidents import find_record
from gateway.api.records.responses import respond_with_result
from gateway.db.pool import acquire
from gateway.operations.escalations import acknowledge_escalation
from gateway.operations.major.actions import tell_leader
from gateway.untrusted import bounds
from gateway.vocabulary import LeaderOutcome


class LeaderNotified(wire.NotedRequest, kw_only=True):
    """Record that the leader was notified of a major incident.

    `outcome` says so where they could not be reached.
    """

    recipient: bounds.Title
    outcome: LeaderOutcome = LeaderOutcome.REACHED


class AcknowledgeEscalation(wire.NotedRequest, kw_only=True):
    """Acknowledge an escalation, which stops the escalation ladder."""


class NotificationView(msgspec.Struct):
    """A message about a record to one address.

    `sent` was accepted by the receiving system, `dead` will not be tried again. `reached` is the
    channel and address that accepted it: of a person, one of their contact methods. Until
    `held_until` it waits, or waited, on purpose: `held_for` is step (the next contact method),
    minute (bundled), rate (limit of the address), quiet_hours or do_not_disturb. A step that is
    not needed any more is `cancelled`.
    """

    id: UUID
    template: str
    role: str
    channel: str
    recipient: str
    state: Literal["pending", "sent", "dead", "cancelled"]
    created_at: datetime
    settled_at: datetime | None
    attempts: int
    last_error: str
    reached: str
    held_until: datetime | None
    held_for: str


class NotificationPage(msgspec.Struct):
    """A page of the notifications about a record, oldest first.

    `next` is the `after` of the next page, null at the end.
    """

    notifications: list[NotificationView]
    next: UUID | None


class NotificationsQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The notification to continue after, and the most to return."""

    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 1_000


async def record_leader_notified(call: ApiCall[LeaderNotified]) -> web.Response:
    """Record that the leader was notified."""
    return await respond_with_result(
        call,
        lambda uow: tell_leader(
            uow,
            call.number,
            call.body.recipient,
            call.body.outcome,
            call.who,
            note=call.body.note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


async def acknowledge_management_escalation(call: ApiCall[AcknowledgeEscalation]) -> web.Response:
    """Acknowledge an escalation as its recipient, which stops the escalation ladder."""
    return await respond_with_result(
        call,
        lambda uow: acknowledge_escalation(
            uow,
            call.number,
            call.who,
            note=call.body.note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


OWED = """
SELECT id, template, role, channel, recipient, reached, state, created_at, settled_at, attempts,
       last_error, held_until, held_for
FROM outbox WHERE incident_id = $1 AND ($2::uuid IS NULL OR (created_at, id) > (
  SELECT created_at, id FROM outbox WHERE id = $2::uuid))
ORDER BY created_at, id LIMIT $3
"""


async def list_notifications(call: QueryCall[NotificationsQuery]) -> web.Response:
    """Return a page of the notifications about the record and their delivery."""
    asked = call.query
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        rows = await conn.fetch(OWED, incident.id, asked.after, asked.limit + 1)
    page = [NotificationView(**row) for row in rows[: asked.limit]]
    return respond(NotificationPage(page, page[-1].id if len(rows) > asked.limit else None))
