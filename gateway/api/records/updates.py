"""The API of status updates of a record and of their subscribers."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, respond
from gateway.api.records.incidents import find_record, require_record
from gateway.api.records.responses import respond_with_result
from gateway.db.pool import acquire
from gateway.operations.major import subscribers, updates
from gateway.untrusted import bounds
from gateway.untrusted.bounds import Request


class StatusUpdate(Request, kw_only=True):
    """Send a status update to all subscribers."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    next_update_due_at: bounds.Moment | None = None


class NewSubscriber(Request, kw_only=True):
    """A subscriber of status updates to add.

    It is a `person` by login, or an `address` such as smtp:a@example.com; without either, the
    caller.
    """

    person: bounds.Name = ""
    address: Annotated[str, Meta(max_length=2_048)] = ""


class StatusUpdateView(msgspec.Struct):
    """One status update; `next_update_due_at` is the time for which the next one was promised."""

    at: datetime
    by: str
    text: str
    next_update_due_at: datetime | None


class StatusUpdateList(msgspec.Struct):
    """All status updates of a record, oldest first."""

    updates: list[StatusUpdateView]


class SubscriberView(msgspec.Struct):
    """A subscriber of status updates; `target` is person:LOGIN, smtp:ADDRESS or webhook:URL."""

    id: int
    target: str
    subscribed_at: datetime
    subscribed_by: str


class SubscriberList(msgspec.Struct):
    """The subscribers of a record; a caller who may not inspect it sees only themselves."""

    subscribers: list[SubscriberView]


async def post_update(call: ApiCall[StatusUpdate]) -> web.Response:
    """Send a status update to all subscribers."""
    asked = call.body
    return await respond_with_result(
        call,
        lambda uow: updates.post_update(
            uow,
            call.number,
            asked.text,
            asked.next_update_due_at,
            call.who,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


POSTED = """
SELECT at, actor, facts FROM timeline
WHERE incident_id = $1 AND event = 'status_update' ORDER BY seq
"""


async def list_updates(call: ApiCall[None]) -> web.Response:
    """List the status updates of a record."""
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call)
        rows = await conn.fetch(POSTED, incident.id)
    return respond(
        StatusUpdateList(
            [_update(row["at"], row["actor"], msgspec.json.decode(row["facts"])) for row in rows]
        )
    )


def _update(at: datetime, actor: str, facts: dict[str, Any]) -> StatusUpdateView:
    due = facts.get("next_update_due_at")
    return StatusUpdateView(
        at, actor, facts["text"], None if due is None else datetime.fromisoformat(due)
    )


async def subscribe(call: ApiCall[NewSubscriber]) -> web.Response:
    """Subscribe the caller, or somebody else, to status updates."""
    asked, uow = call.body, call.context.uow
    made = await subscribers.subscribe(
        uow, call.number, call.who, person=asked.person, address=asked.address
    )
    return respond(_subscriber(made), 201)


async def list_subscribers(call: ApiCall[None]) -> web.Response:
    """List the subscribers of status updates."""
    incident = await require_record(call)
    listed = await subscribers.subscribers(call.context.uow, incident, call.who)
    return respond(SubscriberList([_subscriber(one) for one in listed]))


async def unsubscribe(call: ApiCall[None]) -> web.Response:
    """Remove a subscriber of status updates."""
    await subscribers.unsubscribe(call.context.uow, call.number, call.id, call.who)
    return web.Response(status=204)


def _subscriber(one: subscribers.Subscriber) -> SubscriberView:
    return SubscriberView(one.id, one.target, one.subscribed_at, one.subscribed_by)
