"""The API of contact methods as one list: people set their own, administrators anybody's."""

from typing import TYPE_CHECKING, Annotated, Literal

import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, respond
from gateway.api.setup.session import require_person_id
from gateway.db.pool import acquire, transaction
from gateway.directory.contact_method import MOST, PersonContactMethod, flaws, form_flaw
from gateway.directory.contact_methods import methods_of, replace_methods
from gateway.errors import Flaw, Unprocessable
from gateway.operations.major.audience import check_address
from gateway.settings.notify import CONVERSATIONS, NOTIFICATION_CHANNELS
from gateway.settings.recipients import MAIL
from gateway.untrusted.bounds import Request

log = structlog.get_logger()

CHECKED_CHANNELS = frozenset({"webhook", *CONVERSATIONS})
"""Channels whose addresses are checked for where they lead."""

if TYPE_CHECKING:
    Channel = str
else:
    Channel = Literal["mail", *(name for name in NOTIFICATION_CHANNELS if name != MAIL)]


class ContactMethod(Request, kw_only=True):
    """A channel and an address of it.

    Without an address it is the person's own e-mail address or telephone number.
    """

    channel: Channel
    address: Annotated[str, Meta(max_length=500)] = ""


class ContactMethods(Request, kw_only=True):
    """The contact methods of a person in the order they are tried; none means by e-mail."""

    methods: Annotated[list[ContactMethod], Meta(max_length=MOST)]


async def read_methods(call: ApiCall[None]) -> web.Response:
    """Return the contact methods of a person."""
    return await _shown(call, call.request.match_info["login"])


async def read_own_methods(call: ApiCall[None]) -> web.Response:
    """Return the contact methods of the caller."""
    require_person_id(call)
    return await _shown(call, call.caller.who.name)


async def put_methods(call: ApiCall[ContactMethods]) -> web.Response:
    """Replace the contact methods of a person; what an administrator states counts as verified."""
    return await _replaced(call, call.request.match_info["login"], by_administrator=True)


async def put_own_methods(call: ApiCall[ContactMethods]) -> web.Response:
    """Replace the contact methods of the caller; new addresses must be verified by a code."""
    require_person_id(call)
    return await _replaced(call, call.caller.who.name, by_administrator=False)


async def _shown(call: ApiCall[object], login: str) -> web.Response:
    async with acquire(call.context.uow.pool) as conn:
        methods = await methods_of(conn, login)
    return respond(
        ContactMethods(
            methods=[ContactMethod(channel=one.channel, address=one.address) for one in methods]
        )
    )


async def _replaced(
    call: ApiCall[ContactMethods], login: str, *, by_administrator: bool
) -> web.Response:
    methods = [PersonContactMethod(one.channel, one.address.strip()) for one in call.body.methods]
    if found := tuple(flaws(methods)):
        raise Unprocessable("a contact method cannot be used", flaws=found)
    for place, method in enumerate(methods):
        check_method(call, method, f"/methods/{place}/address")
    stamp = call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        await replace_methods(conn, login, methods, stamp, by_administrator=by_administrator)
    log.info(
        "contact_methods_changed",
        login=login,
        by=call.actor,
        channels=[one.channel for one in methods],
    )
    return await _shown(call, login)


def check_method(call: ApiCall[object], method: PersonContactMethod, where: str) -> None:
    """Raise Unprocessable for a method that no message may go to; `where` points to its address."""
    if detail := form_flaw(method):
        raise Unprocessable("a contact method cannot be used", flaws=(Flaw(where, detail),))
    if method.channel not in CHECKED_CHANNELS:
        return
    try:
        check_address(call.context.uow.rules.settings, f"{method.channel}:{method.address}")
    except Unprocessable as error:
        found = tuple(Flaw(where, flaw.detail) for flaw in error.flaws)
        raise Unprocessable("a contact method cannot be used", flaws=found) from error
