"""The wrapping of every handler: problems, security headers, deadline, measured time.

Each handler is wrapped once, when its route is made; aiohttp's middlewares would do the same at
a price per request.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict

from gateway.errors import Malformed
from gateway.network.addresses import Network, client_address
from gateway.timing.clock import Clock
from gateway.web import problems
from gateway.web.auth import with_quota_lease
from gateway.web.deadlines import Deadlines

ResponseObserver = Callable[[str, str, int, float], None]
"""A callback that receives the route template, method, status and seconds of every response."""

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "gateway",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The security headers of every response (OWASP Secure Headers).

They do not name the software behind the gateway. A response's own headers win over them.
"""

STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
"""The header by which browsers use TLS alone for a year (RFC 6797).

It is sent where people reach the gateway by https, through a proxy.
"""


LONGEST_TYPE = 256
"""The most characters of a Content-Type.

aiohttp parses it as mail headers are parsed, where a long one takes 0.1 s, and comments take all
of the stack.
"""

UNMATCHED = "/{unmatched}"
"""The template of the last route, which matches all else; it is measured as `none`."""


def wrap_routes(
    definitions: Iterable[web.RouteDef],
    clock: Clock,
    answered: ResponseObserver,
    deadlines: Deadlines,
    proxies: Sequence[Network] = (),
    external_url: str = "",
) -> list[web.RouteDef]:
    """Return the routes as they are served, and a last one for requests that match none.

    `proxies` are the trusted ones.
    """
    common = CIMultiDict(security_headers(external_url))

    def whole(d: web.RouteDef) -> Handler:
        return _guarded(
            _with_client_address(_served(d, clock, answered, deadlines), proxies), common
        )

    return [
        *(web.RouteDef(d.method, d.path, whole(d), d.kwargs) for d in definitions),
        web.route(
            "*", "/{unmatched:(?s:.*)}", _guarded(_timed(_unmatched, clock, answered), common)
        ),
    ]


def security_headers(external_url: str) -> dict[str, str]:
    """Return the headers of every response of a gateway that people reach at `external_url`."""
    return {**HEADERS, **(STRICT_TRANSPORT if external_url.startswith("https://") else {})}


def _with_client_address(handler: Handler, proxies: Sequence[Network]) -> Handler:
    """Return the handler, wrapped so that `remote` is the client's address behind trusted proxies.

    Without proxies the handler is returned as it is, at no cost.
    """
    if not proxies:
        return handler

    async def behind(request: web.Request) -> web.StreamResponse:
        peer = request.remote or ""
        whose = client_address(peer, request.headers.getall("X-Forwarded-For", ()), proxies)
        return await handler(request if whose == peer else request.clone(remote=whose))

    return behind


def _served(
    definition: web.RouteDef, clock: Clock, answered: ResponseObserver, deadlines: Deadlines
) -> Handler:
    """Return the handler of a route with its quota share, its deadline and its measurement.

    Intake measures itself, up to the commit; everything else is measured here.
    """
    handler = with_quota_lease(deadlines.bounded(definition.handler))
    return handler if definition.path.startswith("/ingest") else _timed(handler, clock, answered)


def _guarded(handler: Handler, common: CIMultiDict[str]) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            require_plain_type(request.headers.get("Content-Type", ""))
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - the outermost edge: whatever it is, the caller gets a problem
            response = problems.make_problem_response(error)
        if not response.prepared:
            response.headers.merge(common)
        return response

    return guarded


def require_plain_type(media: str) -> None:
    """Raise Malformed for a Content-Type that is slow to parse: long, or with comments.

    HTTP has no comments in this header.
    """
    if len(media) > LONGEST_TYPE or "(" in media:
        raise Malformed(f"a Content-Type has at most {LONGEST_TYPE} characters and no comments")


def _timed(handler: Handler, clock: Clock, answered: ResponseObserver) -> Handler:
    async def timed(request: web.Request) -> web.StreamResponse:
        began = clock.monotonic()
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - an answer like any other
            response = problems.make_problem_response(error)
        resource = request.match_info.route.resource
        route = UNMATCHED if resource is None else resource.canonical
        answered(
            "none" if route == UNMATCHED else route,
            request.method,
            response.status,
            clock.monotonic() - began,
        )
        return response

    return timed


async def _unmatched(request: web.Request) -> web.StreamResponse:
    """Raise 405 if the path has another method, else 404."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        allowed |= (await resource.resolve(request))[1]
    allowed.discard("*")
    if allowed:
        raise web.HTTPMethodNotAllowed(request.method, allowed)
    raise web.HTTPNotFound
