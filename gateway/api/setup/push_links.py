"""The API of links by which people subscribe their browsers to notifications."""

from datetime import datetime

import msgspec
import structlog
from aiohttp import web

from gateway.access.push_links import PushLinks
from gateway.api.context import ApiCall, respond
from gateway.api.setup.session import require_person_id
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.directory import people
from gateway.errors import Conflict

log = structlog.get_logger()


class BrowserLink(msgspec.Struct):
    """A link to the page on which a person subscribes browsers, and the time when it ends.

    `page` is a path to be put behind the gateway's address. `url` is the whole address, "" where
    the setting server.external_url is empty.
    """

    page: str
    url: str
    expires_at: datetime


async def make_own_push_link(call: ApiCall[None]) -> web.Response:
    """Create a link for the caller."""
    require_person_id(call)
    return await _make(call, call.who.name)


async def make_push_link(call: ApiCall[None]) -> web.Response:
    """Create a link for a person; raises Conflict for one who has left."""
    return await _make(call, call.request.match_info["login"])


async def _make(call: ApiCall[None], login: str) -> web.Response:
    context = call.context
    async with acquire(context.uow.pool) as conn:
        person = await people.by_login(conn, login)
        now = await fetch_now(conn, context.uow.clock.stamp())
    if not person.active:
        raise Conflict(f"{login} has left: activate them first")
    link, ends = PushLinks(context.links).make(login, now)
    log.info("push_link_made", login=login, by=call.actor)
    page = f"/push/{link}"
    return respond(BrowserLink(page, context.links.address(page), ends), 201)
