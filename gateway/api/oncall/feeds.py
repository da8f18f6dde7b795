"""The API of feeds: the addresses of calendars of shifts, and the calendars."""

from datetime import datetime
from hashlib import sha256

import msgspec
import structlog
from aiohttp import web

from gateway.access.authorization import raise_if_refused
from gateway.access.feed_links import INVALID_FEED, FeedLinks
from gateway.api.context import ApiCall, respond
from gateway.api.people.person_of_call import login_of
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire, transaction
from gateway.errors import NotFound
from gateway.oncall.feeds import (
    StoredFeed,
    feed_by_id,
    feed_of_person,
    feed_of_schedule,
    renew_feed_of_person,
    renew_feed_of_schedule,
    revoke_feed,
)
from gateway.oncall.schedules import by_slug
from gateway.operations.calendars.feeds import build_feed
from gateway.operations.oncall.rights import may_plan

log = structlog.get_logger()

NO_ADDRESS = "this calendar has no address: POST makes one"


class FeedView(msgspec.Struct):
    """The address of a calendar of shifts; whoever has it reads the calendar without a key.

    It is a path where the gateway does not know how people reach it (`server.external_url`).
    """

    address: str
    made_at: datetime
    made_by: str


async def read_own_feed(call: ApiCall[None]) -> web.Response:
    """Return the address of the caller's calendar."""
    async with acquire(call.context.uow.pool) as conn:
        return _shown(call, await feed_of_person(conn, login_of(call)))


async def renew_own_feed(call: ApiCall[None]) -> web.Response:
    """Make a new address of the caller's calendar, which ends the one before."""
    login, stamp = login_of(call), call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        made = await renew_feed_of_person(conn, login, call.actor, stamp)
    log.info("feed_renewed", login=login, by=call.actor)
    return _shown(call, made, 201)


async def revoke_own_feed(call: ApiCall[None]) -> web.Response:
    """End the address of the caller's calendar."""
    login, stamp = login_of(call), call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        await revoke_feed(conn, await feed_of_person(conn, login), stamp)
    log.info("feed_revoked", login=login, by=call.actor)
    return web.Response(status=204)


async def read_schedule_feed(call: ApiCall[None]) -> web.Response:
    """Return the address of a schedule's calendar."""
    slug = call.request.match_info["slug"]
    async with acquire(call.context.uow.pool) as conn:
        await by_slug(conn, slug)
        return _shown(call, await feed_of_schedule(conn, slug))


async def renew_schedule_feed(call: ApiCall[None]) -> web.Response:
    """Make a new address of a schedule's calendar, which ends the one before."""
    slug, stamp = call.request.match_info["slug"], call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        await _require_planner(call, conn, slug)
        made = await renew_feed_of_schedule(conn, slug, call.actor, stamp)
    log.info("feed_renewed", schedule=slug, by=call.actor)
    return _shown(call, made, 201)


async def revoke_schedule_feed(call: ApiCall[None]) -> web.Response:
    """End the address of a schedule's calendar."""
    slug, stamp = call.request.match_info["slug"], call.context.uow.clock.stamp()
    async with transaction(call.context.uow.pool) as conn:
        await _require_planner(call, conn, slug)
        await revoke_feed(conn, await feed_of_schedule(conn, slug), stamp)
    log.info("feed_revoked", schedule=slug, by=call.actor)
    return web.Response(status=204)


async def _require_planner(call: ApiCall[None], conn: Connection, slug: str) -> None:
    """Raise NotFound, and Forbidden for somebody who may not change the schedule."""
    schedule = await by_slug(conn, slug, lock=True)
    raise_if_refused(may_plan(call.who, schedule.owner))


def _shown(call: ApiCall[None], feed: StoredFeed | None, status: int = 200) -> web.Response:
    if feed is None:
        raise NotFound(NO_ADDRESS)
    links = call.context.links
    path = FeedLinks(links).make(feed.id, feed.generation)
    return respond(FeedView(links.address(path) or path, feed.made_at, feed.made_by), status)


async def read_feed(call: ApiCall[None]) -> web.Response:
    """Return the calendar of a signed address, or 304 for the version that the program has."""
    context = call.context
    feed_id, generation = FeedLinks(context.links).read(call.request.match_info["token"])
    async with acquire(context.uow.pool) as conn:
        feed = await feed_by_id(conn, feed_id, generation)
        if feed is None:
            raise NotFound(INVALID_FEED)
        now = await fetch_now(conn, context.uow.clock.stamp())
        body = await build_feed(conn, feed, _locale(call), now)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if any(one.strip().removeprefix("W/") == etag for one in _known(call)):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)


def _locale(call: ApiCall[None]) -> str:
    """Return the language of the calendars of schedules: that of messages to anybody."""
    settings = call.context.uow.rules.settings
    return "en" if settings is None else settings.notify.locale


def _known(call: ApiCall[None]) -> list[str]:
    """Return the versions that the program has."""
    return call.request.headers.get("If-None-Match", "").split(",")
