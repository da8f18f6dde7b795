"""The API of contact methods as objects: add, change, delete, and verify them by a code."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.api.context import ApiCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.api.people.person_of_call import login_of
from gateway.api.setup.stated_methods import Channel, check_method
from gateway.db.buckets import SharedBucket, take_token
from gateway.db.pool import Connection, acquire, transaction
from gateway.directory import contact_codes, contact_methods, people
from gateway.directory.contact_method import ContactMethod, PersonContactMethod, target_of
from gateway.errors import Conflict, Flaw, Unprocessable
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.changes import CommittedChanges
from gateway.incidents.record import Notice
from gateway.notify.contact_codes import ContactCodes
from gateway.settings.notify import NOTIFICATION_CHANNELS, is_switched_on
from gateway.untrusted.bounds import Request

log = structlog.get_logger()

CODES_PER_ADDRESS = 5
"""The most codes that are sent to one address at once, and again within an hour."""
CODES_PER_PERSON = 10
"""The most codes that are sent for one person at once, and again within an hour."""
AN_HOUR = timedelta(hours=1)


Address = Annotated[str, Meta(max_length=500)]
Label = Annotated[str, Meta(max_length=100)]


class NewContactMethod(Request, kw_only=True):
    """A contact method to add, at the end unless a position is named.

    Without an address it is the person's own e-mail address or telephone number.
    """

    channel: Channel
    address: Address = ""
    label: Label = ""
    position: Annotated[int, Meta(ge=1, le=10)] | None = None


class ContactMethodPatch(Request, kw_only=True):
    """Changes of a contact method; another address must be verified anew."""

    address: Address | UnsetType = UNSET
    label: Label | UnsetType = UNSET
    position: Annotated[int, Meta(ge=1, le=10)] | UnsetType = UNSET


class MethodCode(Request, kw_only=True):
    """The code that came to the contact method."""

    code: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")]


class ContactMethodView(msgspec.Struct):
    """A contact method of a person.

    Without `verified_at` no incident is told there: send a code and verify it. `verified_as` says
    why it counts: code, directory (the address that administrators keep), administrator, or
    before (older than verification).
    """

    id: int
    channel: str
    address: str
    label: str
    position: int
    verified_at: datetime | None
    verified_as: str


class ContactMethodList(msgspec.Struct):
    """The contact methods of a person, in the order they are tried."""

    contact_methods: list[ContactMethodView]


class SentCode(msgspec.Struct):
    """A code is on its way to the contact method; it can be used until `expires_at`."""

    expires_at: datetime


def _view(one: ContactMethod) -> ContactMethodView:
    return msgspec.convert(one, ContactMethodView, from_attributes=True)


async def list_methods(call: ApiCall[None]) -> web.Response:
    """Return the contact methods of a person."""
    async with acquire(call.context.uow.pool) as conn:
        found = await contact_methods.methods_of(conn, login_of(call))
    return respond(ContactMethodList([_view(one) for one in found]))


async def read_method(call: ApiCall[None]) -> web.Response:
    """Return one contact method of a person."""
    async with acquire(call.context.uow.pool) as conn:
        return respond(_view(await contact_methods.method_of(conn, login_of(call), call.id)))


async def add_method(call: ApiCall[NewContactMethod]) -> web.Response:
    """Add a contact method to a person."""
    login, asked = login_of(call), call.body
    method = PersonContactMethod(asked.channel, asked.address.strip())
    check_method(call, method, "/address")

    async def work(conn: Connection) -> ChangeResult:
        made = await contact_methods.add_method(
            conn, login, method, asked.label, asked.position, call.context.uow.clock.stamp()
        )
        return ChangeResult(_view(made), 201)

    response, fresh = await answer_once(call, work)
    if fresh:
        log.info("contact_method_added", login=login, by=call.actor, channel=asked.channel)
    return response


async def patch_method(call: ApiCall[ContactMethodPatch]) -> web.Response:
    """Change a contact method of a person."""
    login, asked = login_of(call), call.body
    async with transaction(call.context.uow.pool) as conn:
        before = await contact_methods.method_of(conn, login, call.id, lock=True)
        address = before.address if asked.address is UNSET else asked.address.strip()
        check_method(call, PersonContactMethod(before.channel, address), "/address")
        after = await contact_methods.change_method(
            conn,
            login,
            call.id,
            address=address,
            label=before.label if asked.label is UNSET else asked.label,
            position=None if asked.position is UNSET else asked.position,
            stamp=call.context.uow.clock.stamp(),
        )
    log.info("contact_method_changed", login=login, by=call.actor, channel=after.channel)
    return respond(_view(after))


async def delete_method(call: ApiCall[None]) -> web.Response:
    """Delete a contact method of a person."""
    login = login_of(call)
    async with transaction(call.context.uow.pool) as conn:
        await contact_methods.delete_method(conn, login, call.id)
    log.info("contact_method_deleted", login=login, by=call.actor, id=call.id)
    return web.Response(status=204)


async def send_code(call: ApiCall[None]) -> web.Response:
    """Send a code to a contact method, in place of the one before."""
    login, stamp = login_of(call), call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        method = await contact_methods.method_of(conn, login, call.id, lock=True)
        if method.verified_at is not None:
            raise Conflict("this contact method is verified already")
        person = await people.by_login(conn, login)
        target = target_of(login, person.email, method.channel, method.address)
        _check_channel(call, target.channel)
        for subject, most in (
            (f"contact codes to {str(target).lower()}", CODES_PER_ADDRESS),
            (f"contact codes of {login}", CODES_PER_PERSON),
        ):
            told = "more codes than are sent within an hour"
            await take_token(conn, SharedBucket(subject, most, AN_HOUR / most, told), stamp)
        code = await contact_codes.make_code(conn, method, stamp)
        facts = {
            "code_id": str(code.id),
            "expires_at": code.expires_at.isoformat(),
            "login": login,
            "locale": person.locale,
        }
        notice = Notice(
            cause=f"contact_code:{code.id}",
            target=str(target),
            role="",
            template="contact_code",
            facts=facts,
        )
        await queue_notices(conn, [(None, notice)], stamp)
    call.context.uow.committed(CommittedChanges())
    log.info("contact_code_sent", login=login, by=call.actor, channel=method.channel)
    return respond(SentCode(code.expires_at), 202)


def _check_channel(call: ApiCall[object], channel: str) -> None:
    """Raise Conflict if no code can be sent because the channel is off."""
    settings = call.context.uow.rules.settings
    if settings is not None and not is_switched_on(settings.notify, settings.vendors, channel):
        switch = NOTIFICATION_CHANNELS[channel].how_to_switch_on
        raise Conflict(f"the channel {channel} is off, so no code is sent: set {switch}")


async def verify_method(call: ApiCall[MethodCode]) -> web.Response:
    """Verify a contact method by the code that came to it."""
    login, stamp = login_of(call), call.context.uow.clock.stamp()
    codes = ContactCodes(call.context.links.secrets)
    async with transaction(call.context.uow.pool) as conn:
        method = await contact_methods.method_of(conn, login, call.id, lock=True)
        if method.verified_at is not None:
            return respond(_view(method))
        tried = await contact_codes.try_code(
            conn, method, lambda code_id: codes.matches(code_id, call.body.code), stamp
        )
        if tried.right:
            await contact_methods.mark_verified(conn, method.id, stamp)
            verified = await contact_methods.method_of(conn, login, call.id)
    if not tried.known:
        raise Conflict("no code of this contact method can be used now: send a new one")
    if not tried.right:
        left = f"it is wrong, {tried.left} tries are left" if tried.left else "send a new code"
        raise Unprocessable("the code is wrong", flaws=(Flaw("/code", left),))
    log.info("contact_method_verified", login=login, by=call.actor, channel=method.channel)
    return respond(_view(verified))
