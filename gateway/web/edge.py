"""What every answer has in common: a problem for every exception, security headers, a deadline, a measured time.

Each handler is wrapped once, where its route is made; aiohttp's middlewares would do the same at a price per request.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict

from gateway.clock import Clock
from gateway.errors import Malformed
from gateway.networks import Network, client
from gateway.web import problems
from gateway.web.auth import leased
from gateway.web.deadlines import Deadlines

Answered = Callable[[str, str, int, float], None]
"""Told the route's template, the method, the status and the seconds of every answer."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "gateway",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Security headers (OWASP Secure Headers), and no word about the software behind; an answer's own win over them."""

STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year browsers come by TLS alone (RFC 6797); said where people reach the gateway by https, by way of a proxy."""


LONGEST_TYPE = 256
"""Characters of a Content-Type: aiohttp reads it as mails are, where a long one takes 0.1 s, and comments all of the stack."""

UNMATCHED = "/{unmatched}"
"""The template behind all others; its answers are measured as `none`."""


def doors(
    definitions: Iterable[web.RouteDef],
    clock: Clock,
    answered: Answered,
    deadlines: Deadlines,
    proxies: Sequence[Network] = (),
    external_url: str = "",
) -> list[web.RouteDef]:
    """The routes as they are served, and one behind them for whatever matches none; `proxies` are those that are trusted."""
    common = CIMultiDict(headers(external_url))

    def whole(d: web.RouteDef) -> Handler:
        return _guarded(_behind(_served(d, clock, answered, deadlines), proxies), common)

    return [
        *(web.RouteDef(d.method, d.path, whole(d), d.kwargs) for d in definitions),
        web.route("*", "/{unmatched:(?s:.*)}", _guarded(_timed(_unmatched, clock, answered), common)),
    ]


def headers(external_url: str) -> dict[str, str]:
    """Return the headers of every answer of a gateway that people reach at that address."""
    return {**HEADERS, **(STRICT_TRANSPORT if external_url.startswith("https://") else {})}


def _behind(handler: Handler, proxies: Sequence[Network]) -> Handler:
    """Who calls by way of a trusted proxy is known by their own address; without proxies this costs nothing."""
    if not proxies:
        return handler

    async def behind(request: web.Request) -> web.StreamResponse:
        peer = request.remote or ""
        whose = client(peer, request.headers.getall("X-Forwarded-For", ()), proxies)
        return await handler(request if whose == peer else request.clone(remote=whose))

    return behind


def _served(definition: web.RouteDef, clock: Clock, answered: Answered, deadlines: Deadlines) -> Handler:
    """Intake measures itself, to the commit; everything else is measured here."""
    handler = leased(deadlines.bounded(definition.handler))
    return handler if definition.path.startswith("/ingest") else _timed(handler, clock, answered)


def _guarded(handler: Handler, common: CIMultiDict[str]) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            require_plain_type(request.headers.get("Content-Type", ""))
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - the outermost edge: whatever it is, the caller gets a problem
            response = problems.answer(error)
        if not response.prepared:
            response.headers.merge(common)
        return response

    return guarded


def require_plain_type(media: str) -> None:
    """Raise Malformed for a media type that takes long to read: a long one, and comments, which HTTP has none of there."""
    if len(media) > LONGEST_TYPE or "(" in media:
        raise Malformed(f"a Content-Type has at most {LONGEST_TYPE} characters and no comments")


def _timed(handler: Handler, clock: Clock, answered: Answered) -> Handler:
    async def timed(request: web.Request) -> web.StreamResponse:
        began = clock.monotonic()
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - an answer like any other
            response = problems.answer(error)
        resource = request.match_info.route.resource
        route = UNMATCHED if resource is None else resource.canonical
        answered("none" if route == UNMATCHED else route, request.method, response.status, clock.monotonic() - began)
        return response

    return timed


async def _unmatched(request: web.Request) -> web.StreamResponse:
    """405 where another method would do, else 404."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        allowed |= (await resource.resolve(request))[1]
    allowed.discard("*")
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, allowed)
    raise web.HTTPNotFound
