"""The API of recipients of roles and of routing rules, in force without a restart."""

from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from gateway.api.context import ApiCall, respond
from gateway.catalogue import stored_setup
from gateway.catalogue.stored_setup import StoredRouting
from gateway.channels.recipient_checks import find_objection, read_named_staff
from gateway.db.pool import Connection, acquire, transaction
from gateway.errors import Flaw, Unavailable, Unprocessable
from gateway.incidents.announcements.addressing import GROUP
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Routing, Settings
from gateway.settings.recipients import parse_recipient
from gateway.untrusted.bounds import Request

log = structlog.get_logger()

Target = Annotated[str, Meta(min_length=3, max_length=500)]


class RecipientList(Request, kw_only=True):
    """The recipients of a role, besides everybody who has it.

    Each is a mail address, or `CHANNEL:ADDRESS`, `person:LOGIN`, `group:SLUG`, `schedule:SLUG`.
    """

    targets: Annotated[list[Target], Meta(max_length=50)]


class RoleRecipients(msgspec.Struct):
    """The recipients of a role; `stored` says that they are kept here, not in the configuration."""

    role: str
    targets: list[str]
    stored: bool


class RecipientsView(msgspec.Struct):
    """The recipients of every role."""

    recipients: list[RoleRecipients]


class RoutingBody(Request, kw_only=True):
    """The routing rules that come before those of the configuration, in order."""

    rules: Annotated[list[Routing], Meta(max_length=500)]


class RoutingView(msgspec.Struct):
    """The routing rules in force: those kept here, then those of the configuration."""

    rules: list[Routing]
    configured: list[Routing]
    version: int


def _settings(uow: UnitOfWork) -> Settings:
    if uow.rules.settings is None:
        raise Unavailable("the settings are not in force yet: try again")
    return uow.rules.settings


async def list_recipients(call: ApiCall[None]) -> web.Response:
    """Return the recipients of every role."""
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        stored = (await stored_setup.read(conn)).recipients
    present = {**_settings(uow).notify.recipients, **stored}
    found = [RoleRecipients(role, list(present[role]), role in stored) for role in sorted(present)]
    return respond(RecipientsView(found))


async def put_recipients(call: ApiCall[RecipientList]) -> web.Response:
    """Set the recipients of a role, in place of those of the configuration."""
    uow, role = call.context.uow, call.request.match_info["role"]
    targets = [str(parse_recipient(one)) for one in call.body.targets]
    async with transaction(uow.pool) as conn:
        await _check_recipients(conn, _settings(uow), targets)
        await stored_setup.put_recipients(conn, role, targets, call.actor, uow.clock.stamp())
    await _refresh(uow)
    log.info("recipients_set", role=role, by=call.actor, count=len(targets))
    return respond(RoleRecipients(role, targets, stored=True))


async def delete_recipients(call: ApiCall[None]) -> web.Response:
    """Delete the recipients of a role that are kept here."""
    uow, role = call.context.uow, call.request.match_info["role"]
    async with transaction(uow.pool) as conn:
        await stored_setup.forget_recipients(conn, role)
    await _refresh(uow)
    log.info("recipients_deleted", role=role, by=call.actor)
    return web.Response(status=204)


async def _check_recipients(conn: Connection, settings: Settings, targets: list[str]) -> None:
    """Raise Unprocessable with a flaw for every recipient that nobody is reached by."""
    staff = await read_named_staff(conn, targets)
    flaws = tuple(
        Flaw(f"/targets/{index}", why)
        for index, target in enumerate(targets)
        if (why := find_objection(settings, parse_recipient(target), staff))
    )
    if flaws:
        raise Unprocessable("a recipient cannot be used", flaws=flaws)


async def read_routing(call: ApiCall[None]) -> web.Response:
    """Return the routing rules in force."""
    uow = call.context.uow
    async with acquire(uow.pool) as conn:
        return _routing(uow, await stored_setup.routing(conn))


async def put_routing(call: ApiCall[RoutingBody]) -> web.Response:
    """Replace the routing rules that are kept here; new records are routed by them at once."""
    uow, rules = call.context.uow, tuple(call.body.rules)
    async with transaction(uow.pool) as conn:
        groups = [f"{GROUP}{rule.group}" for rule in rules if rule.group]
        known = (await read_named_staff(conn, groups)).groups
        flaws = tuple(
            Flaw(f"/rules/{index}/group", f"there is no active group {rule.group!r}")
            for index, rule in enumerate(rules)
            if rule.group and rule.group not in known
        )
        if flaws:
            raise Unprocessable("a routing rule cannot be used", flaws=flaws)
        stored = await stored_setup.put_routing(
            conn, rules, call.actor, uow.clock.stamp(), if_match=call.if_match()
        )
    await _refresh(uow)
    log.info("routing_set", by=call.actor, rules=len(rules))
    return _routing(uow, stored)


def _routing(uow: UnitOfWork, stored: StoredRouting) -> web.Response:
    view = RoutingView(list(stored.rules), list(_settings(uow).routing), stored.version)
    return respond(view, etag=str(stored.version))


async def _refresh(uow: UnitOfWork) -> None:
    await uow.catalogue.refresh(uow.pool, uow.clock.stamp())
