"""The API of the message log: list, read with attempts, send again."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import Action, visibility_of
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.db.pool import acquire, transaction
from gateway.errors import NotFound
from gateway.notify import message_log
from gateway.notify.message_log import LoggedMessage, MessageFilter
from gateway.untrusted.bounds import Moment, Name

log = structlog.get_logger()

MessageState = Literal["pending", "sent", "dead", "cancelled"]


class EscalationStepView(msgspec.Struct):
    """The step of an escalation policy that made a message."""

    policy: str
    step: int
    steps: int
    round: int


class MessageView(msgspec.Struct, kw_only=True):
    """A message to one recipient, with why it was made and what became of it.

    `cause` is the event that made it, `escalation` the step of an escalation policy. `held_for`
    says why it waits until `held_until`. `bundle` is the message that it was told in, `sequence`
    the first message that it goes on with by a further contact method.
    """

    id: UUID
    number: str | None
    channel: str
    recipient: str
    role: str
    template: str
    cause: str
    urgency: int
    state: MessageState
    created_at: datetime
    settled_at: datetime | None
    next_attempt_at: datetime
    attempts: int
    last_error: str
    reached: str
    held_until: datetime | None
    held_for: str
    bundle: UUID | None
    sequence: UUID | None
    escalation: EscalationStepView | None


class AttemptView(msgspec.Struct):
    """An attempt to deliver a message; `parts` are the units that vendors count and charge."""

    at: datetime
    channel: str
    address: str
    outcome: Literal["sent", "retry", "dead"]
    error: str
    vendor_id: str
    parts: int
    took_ms: int


class MessageDetail(MessageView, kw_only=True):
    """A message with every attempt to deliver it, oldest first."""

    tries: list[AttemptView]


class MessagePage(msgspec.Struct):
    """A page of messages, newest first; `next` is the `before` of the next page, or null."""

    messages: list[MessageView]
    next: UUID | None


class ResentMessage(msgspec.Struct):
    """The id under which a message is sent again."""

    id: UUID


class MessageQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of messages, the message to continue before, and the most to return."""

    state: MessageState | None = None
    channel: Name | None = None
    recipient: Name | None = None
    template: Name | None = None
    incident: Name | None = None
    since: Moment | None = None
    until: Moment | None = None
    before: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


def _fields(one: LoggedMessage) -> dict[str, Any]:
    return {name: getattr(one, name) for name in MessageView.__struct_fields__}


async def list_messages(call: QueryCall[MessageQuery]) -> web.Response:
    """Return a page of the messages of all records that the caller may see."""
    query = call.query
    fields = {name: getattr(query, name) for name in MessageFilter.__dataclass_fields__}
    async with acquire(call.context.uow.pool) as conn:
        found = await message_log.page(
            conn,
            visibility_of(call.who, Action.INSPECT),
            MessageFilter(**fields),
            query.before,
            query.limit + 1,
        )
    shown = [msgspec.convert(_fields(one), MessageView) for one in found[: query.limit]]
    return respond(MessagePage(shown, shown[-1].id if len(found) > query.limit else None))


async def read_message(call: ApiCall[None]) -> web.Response:
    """Return one message with its attempts."""
    async with acquire(call.context.uow.pool) as conn:
        one, tries = await message_log.find(
            conn, visibility_of(call.who, Action.INSPECT), _id(call)
        )
    views = [msgspec.convert(each, AttemptView, from_attributes=True) for each in tries]
    return respond(msgspec.convert({**_fields(one), "tries": views}, MessageDetail))


async def resend_message(call: ApiCall[None]) -> web.Response:
    """Send a message again."""
    uow = call.context.uow
    async with transaction(uow.pool) as conn:
        made = await message_log.resend(
            conn, visibility_of(call.who, Action.INSPECT), _id(call), uow.clock.stamp()
        )
    log.info("message_resent", id=str(made), message=str(_id(call)), by=call.actor)
    return respond(ResentMessage(made), 202)


def _id(call: ApiCall[None]) -> UUID:
    try:
        return UUID(call.request.match_info["id"])
    except ValueError as error:
        raise NotFound(f"there is no message {call.request.match_info['id']}") from error
