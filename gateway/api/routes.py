"""The whole route table as data, and the handlers that authenticate and decode requests."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.access.authorization import refuse
from gateway.access.keys import NO_CALLER
from gateway.access.permissions import may
from gateway.api.context import Call, Context
from gateway.api.quarantine.routes import of_quarantine, of_set_aside
from gateway.api.records.feed import Feed
from gateway.api.records.routes import of_records
from gateway.api.reporters.routes import of_reporters
from gateway.api.route import OPEN, Route
from gateway.api.setup.routes import of_setup
from gateway.web import body


def table(feed: Feed) -> tuple[Route, ...]:
    """Return every operation of the API."""
    return (*of_records(feed), *of_reporters(), *of_quarantine(), *of_set_aside(), *of_setup())


def build(context: Context, more: Sequence[Route] = (), reading: Context | None = None) -> list[web.RouteDef]:
    """Return the routes of the API and of `more`; `reading`, if given, serves GET requests."""
    by_method = {"GET": reading or context}
    routes = (*table(Feed()), *more)
    return [web.route(one.method, one.path, _handler(by_method.get(one.method, context), one)) for one in routes]


def _handler(context: Context, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if route.scope is OPEN:
            context.keys.let_stranger(request)
            caller = NO_CALLER
        else:
            caller = await context.keys.authenticate(request, route.scope)
        if route.needs is not None:
            refuse(may(caller.who, route.needs))
        if route.takes is None:
            return await route.serve(Call(context, request, caller, None, b""))
        if route.scope is OPEN:
            _check_link(context, request)
            async with body.of_stranger(request) as raw:
                asked = _asked(raw, route)
        else:
            raw = await body.read(request)
            asked = _asked(raw, route)
        return await route.serve(Call(context, request, caller, asked, raw))

    return handle


def _check_link(context: Context, request: web.Request) -> None:
    """Raise NotFound for an invalid link in the path, before anything of the request is read."""
    if (link := request.match_info.get("link")) is not None:
        context.links.read(link, context.uow.clock.now())


def _asked(raw: bytes, route: Route) -> Any:
    asked = body.decode(raw, route.takes)
    body.check_times(asked)
    return asked
