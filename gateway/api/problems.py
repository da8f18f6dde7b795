"""The one error table and the one middleware around every handler. Nothing else in the gateway knows a status code.

Bodies are problem details (RFC 9457): `type` is /problems/<code> and has a section in docs/problems.md, `instance` is
the id of the request, `errors` the places at fault as JSON pointers (RFC 6901).
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway import errors
from gateway.clock import Clock
from gateway.db.faults import Fault, classify
from gateway.errors import GatewayError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem."""

    code: str
    status: int
    title: str


PROBLEMS: Mapping[type[GatewayError], Kind] = {
    error: Kind(error.code, status, title)
    for error, status, title in (
        (errors.GatewayError, 500, "The gateway failed"),
        (errors.Malformed, 400, "The request cannot be understood"),
        (errors.Unprocessable, 422, "A value is not acceptable"),
        (errors.TooLarge, 413, "The request is over a limit"),
        (errors.Unauthenticated, 401, "A valid key is needed"),
        (errors.Forbidden, 403, "The key may not do this"),
        (errors.NotFound, 404, "There is nothing by that name"),
        (errors.IllegalTransition, 409, "Not possible in the present state"),
        (errors.Conflict, 409, "The request contradicts what is recorded"),
        (errors.VersionMismatch, 412, "The record has changed since"),
        (errors.IdempotencyMismatch, 422, "The Idempotency-Key was used for another request"),
        (errors.Overloaded, 503, "Too much is queued"),
        (errors.Unavailable, 503, "A dependency is down"),
        (errors.Misconfigured, 500, "The settings cannot be used"),
    )
}
"""Every error of the domain and how it is told."""

HTTP: Mapping[int, Kind] = {
    400: PROBLEMS[errors.Malformed],
    404: PROBLEMS[errors.NotFound],
    405: Kind("method_not_allowed", 405, "The address does not know this method"),
    413: PROBLEMS[errors.TooLarge],
}
"""What aiohttp itself refuses."""

REFUSED = Kind("refused", 400, "The request is refused")
"""Any other refusal of aiohttp's, which keeps its own status."""

INTERNAL = Kind("internal", 500, "The gateway failed")
"""What nobody foresaw; the log has the rest under the request's id."""

ANY_STATUS = (INTERNAL, REFUSED, *HTTP.values(), *PROBLEMS.values())

TOLD = frozenset({"receipt", "state", "allowed", "version"})
"""The facts of an error that callers may see, as members of the problem."""

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Server": "gateway",
}
"""Set on every answer that does not say otherwise."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
DATABASE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError, ConnectionError)

_encode = msgspec.json.Encoder().encode


class Observer(Protocol):
    """Told of every answer."""

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request to a route template was answered."""
        ...


def problems(observer: Observer, clock: Clock) -> Middleware:
    """The middleware that turns whatever handlers raise into problem details and puts the security headers on."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = clock.monotonic()
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            response = refused if refused.status < 400 else _of_http(request, refused)
        except Exception as error:  # noqa: BLE001 - this is where every error ends
            response = _of(request, error)
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
        resource = request.match_info.route.resource
        route = "unmatched" if resource is None else resource.canonical
        observer.answered(route, request.method, response.status, clock.monotonic() - began)
        if response is not None and isinstance(response, web.HTTPException):
            raise response
        return response

    return answer


def _of(request: web.Request, error: Exception) -> web.Response:
    if isinstance(error, DATABASE):
        error = _of_database(error)
    if isinstance(error, web.RequestPayloadError):
        error = errors.Malformed("the body cannot be read: its encoding is broken")
    if not isinstance(error, GatewayError):
        return _internal(request, error)
    kind = next(PROBLEMS[cls] for cls in type(error).__mro__ if cls in PROBLEMS)
    if kind.status == 500:
        return _internal(request, error)
    flaws = [{"pointer": flaw.pointer, "detail": flaw.detail} for flaw in error.flaws]
    return respond(request, kind, error.detail, flaws=flaws, facts={k: v for k, v in error.facts.items() if k in TOLD})


def _of_database(error: Exception) -> Exception:
    match classify(error):
        case Fault.RETRY | Fault.UNAVAILABLE | Fault.CONNECTION:
            return errors.Unavailable("the database cannot serve now: nothing was committed that you were told of")
        case Fault.DATA:
            return errors.Unprocessable("a value is outside of what can be stored")
        case Fault.BUG:
            return error


def _internal(request: web.Request, error: Exception) -> web.Response:
    response = respond(request, INTERNAL, "something unforeseen happened; the log has it under the id in `instance`")
    log.error("request_failed", request_id=response.headers["X-Request-Id"], path=request.path, exc_info=error)
    return response


def _of_http(request: web.Request, refused: web.HTTPException) -> web.Response:
    kind = HTTP.get(refused.status, REFUSED if refused.status < 500 else INTERNAL)
    response = respond(request, kind, _detail(refused), status=refused.status)
    if "Allow" in refused.headers:
        response.headers["Allow"] = refused.headers["Allow"]
    return response


def _detail(refused: web.HTTPException) -> str:
    match refused:
        case web.HTTPNotFound():
            return "nothing is served at this address: /docs lists what is"
        case web.HTTPMethodNotAllowed():
            return f"{refused.method} is not among {', '.join(sorted(refused.allowed_methods))}"
        case _:
            return refused.reason


def respond(
    request: web.Request,
    kind: Kind,
    detail: str,
    *,
    status: int = 0,
    flaws: list[dict[str, str]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> web.Response:
    """One problem as a response."""
    given = request.headers.get("X-Request-Id", "")
    instance = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    status = status or kind.status
    body = {
        **(facts or {}),
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "errors": flaws or [],
    }
    headers = {"X-Request-Id": instance}
    if status == 503:
        headers["Retry-After"] = str(1 + secrets.randbelow(5))
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="gateway"'
    return web.Response(body=_encode(body), status=status, content_type="application/problem+json", headers=headers)
