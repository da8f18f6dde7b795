"""The whole route table as data, and the handlers that authenticate and decode requests."""

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.access.authorization import raise_if_refused
from gateway.access.keys import NO_CALLER, Scope
from gateway.access.permissions import may
from gateway.api.context import ApiCall, Context
from gateway.api.oncall.calendar_routes import calendar_routes
from gateway.api.oncall.routes import on_call_routes
from gateway.api.quarantine.routes import quarantine_routes, set_aside_routes
from gateway.api.records.feed import ChangeFeed
from gateway.api.records.routes import record_routes
from gateway.api.reporters.routes import reporter_routes
from gateway.api.route import NO_KEY, Route
from gateway.api.setup.routes import setup_routes
from gateway.web import body


def list_routes(feed: ChangeFeed) -> tuple[Route, ...]:
    """Return every operation of the API."""
    return (
        *record_routes(feed),
        *reporter_routes(),
        *quarantine_routes(),
        *set_aside_routes(),
        *setup_routes(),
        *on_call_routes(),
        *calendar_routes(),
    )


def build_api_routes(
    context: Context, more: Sequence[Route] = (), reading: Context | None = None
) -> list[web.RouteDef]:
    """Return the routes of the API and of `more`; `reading`, if given, serves GET requests."""
    by_method = {"GET": reading or context}
    routes = (*list_routes(ChangeFeed()), *more)
    return [
        web.route(one.method, one.path, _handler(by_method.get(one.method, context), one))
        for one in routes
    ]


def _handler(context: Context, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        if route.scope is NO_KEY:
            context.keys.count_request_without_key(request)
            caller = NO_CALLER
        else:
            caller = await context.keys.authenticate(request, route.scope)
        if route.needs is not None:
            raise_if_refused(may(caller.who, route.needs))
        raw = b"" if route.request_body is None else await _read(context, request, route.scope)
        return await route.handler.handle(ApiCall(context, request, caller, None, raw))

    return handle


async def _read(context: Context, request: web.Request, scope: Scope | None) -> bytes:
    if scope is not NO_KEY:
        return await body.read(request)
    _check_link(context, request)
    async with body.read_without_key(request) as raw:
        return raw


def _check_link(context: Context, request: web.Request) -> None:
    """Raise NotFound for an invalid link in the path, before anything of the request is read."""
    if (link := request.match_info.get("link")) is not None:
        context.links.read(link, context.uow.clock.now())
