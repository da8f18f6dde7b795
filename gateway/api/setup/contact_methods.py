"""The API of contact methods as one list: people set their own, administrators anybody's."""

import structlog
from aiohttp import web

from gateway.api.context import ApiCall, respond
from gateway.api.setup.session import require_person_id
from gateway.api.setup.stated_methods import ContactMethod, Methods, checked_methods
from gateway.db.pool import acquire, transaction
from gateway.directory.contact_methods import methods_of, replace_methods
from gateway.untrusted.bounds import Request

log = structlog.get_logger()


class ContactMethods(Request, kw_only=True):
    """The contact methods of a person in the order they are tried; none means by e-mail."""

    methods: Methods


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
    methods = checked_methods(call, call.body.methods)
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
