"""The error table: from errors of the domain to problem+json (RFC 9457) with HTTP status codes.

No other module knows the status codes of errors.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from aiohttp import web

from gateway import errors
from gateway.db.faults import Fault, classify
from gateway.errors import Flaw, GatewayError
from gateway.tokens.key_texts import redact_body_keys

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ProblemType:
    """The HTTP status and title of a problem type, and whether a retry may help (`again`)."""

    status: int
    title: str
    again: bool = False


PROBLEMS: Mapping[str, ProblemType] = {
    errors.Malformed.code: ProblemType(400, "The request cannot be understood"),
    errors.Unauthenticated.code: ProblemType(401, "A valid key is needed"),
    errors.Forbidden.code: ProblemType(403, "The key does not cover this"),
    errors.NotFound.code: ProblemType(404, "There is nothing by that name"),
    errors.IllegalTransition.code: ProblemType(
        409, "The record's state does not allow this action"
    ),
    errors.Conflict.code: ProblemType(409, "The request contradicts what is recorded"),
    errors.VersionMismatch.code: ProblemType(412, "The record has changed"),
    errors.TooLarge.code: ProblemType(413, "The request is over a limit"),
    errors.Unprocessable.code: ProblemType(422, "A value is not acceptable"),
    errors.IdempotencyMismatch.code: ProblemType(
        422, "The Idempotency-Key belongs to another request"
    ),
    errors.TooManyAttempts.code: ProblemType(429, "Tried too often", again=True),
    errors.QuotaExceeded.code: ProblemType(429, "The quota is used up", again=True),
    errors.Overloaded.code: ProblemType(503, "Too busy just now", again=True),
    errors.Unavailable.code: ProblemType(503, "A dependency is down", again=True),
    errors.Misconfigured.code: ProblemType(500, "The gateway is misconfigured"),
    GatewayError.code: ProblemType(500, "Something went wrong"),
    "internal": ProblemType(500, "Something went wrong"),
    "http": ProblemType(0, "The request cannot be served"),
}
"""The problem types by slug; `http` is for refusals of the HTTP layer, with their own status."""

CONTENT_TYPE = "application/problem+json"

SHOWN_FACTS = frozenset(
    {"state", "allowed", "version", "present", "receipt", "index", "already_acked_by"}
)
"""The facts of an error that responses include."""


class Problem(msgspec.Struct):
    """A problem (RFC 9457), with the places at fault as JSON pointers."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Flaw]
    facts: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


def make_problem_response(error: Exception) -> web.Response:
    """Return the response to an exception.

    An unforeseen exception is logged once and answered without internals. An HTTPException below
    400 is raised again.
    """
    instance = f"urn:uuid:{uuid4()}"
    if isinstance(error, web.HTTPException):
        if error.status < 400:
            raise error
        return _refused(error, instance)
    if not isinstance(error, GatewayError):
        error = _as_gateway_error(error, instance)
    slug = error.code if error.code in PROBLEMS else "internal"
    kind = PROBLEMS[slug]
    facts = {name: value for name, value in error.facts.items() if name in SHOWN_FACTS}
    detail = (
        error.detail
        if kind.status != 500
        else "The gateway failed to answer; the log has the details under `instance`."
    )
    problem = Problem(
        f"/problems/{slug}",
        kind.title,
        kind.status,
        detail,
        instance,
        list(error.flaws),
        facts or msgspec.UNSET,
    )
    headers = (
        {"Retry-After": str(error.facts.get("retry_after") or 1 + secrets.randbelow(5))}
        if kind.again
        else {}
    )
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="gateway"'
    return _response(problem, headers)


class UnforeseenError(GatewayError):
    """An unforeseen error."""

    code = "internal"


def _as_gateway_error(error: Exception, instance: str) -> GatewayError:
    """Return a database or transport error as a GatewayError; log any other as Internal."""
    if isinstance(error, web.RequestPayloadError):
        return errors.Malformed("the body cannot be read: its encoding is broken")
    if _from_database(error):
        fault = classify(error)
        if fault in (Fault.RETRY, Fault.UNAVAILABLE, Fault.CONNECTION):
            return errors.Unavailable("the database cannot serve now: nothing was committed")
        if fault is Fault.DATA:
            return errors.Unprocessable("a value of the request cannot be stored")
    log.error("request_failed", instance=instance, exc_info=error)
    return UnforeseenError("")


def _from_database(error: Exception) -> bool:
    return isinstance(error, TimeoutError | OSError) or type(error).__module__.startswith("asyncpg")


def _refused(error: web.HTTPException, instance: str) -> web.Response:
    headers = {
        name: value for name, value in error.headers.items() if name in ("Allow", "Retry-After")
    }
    detail = DETAILS.get(error.status, error.reason)
    return _response(
        Problem("/problems/http", error.reason, error.status, detail, instance, []), headers
    )


DETAILS = {
    404: "no such path: /openapi.json lists every one",
    405: "this path does not know that method: see Allow",
    408: "the body took too long: server.body_within is the limit",
    413: "the body is larger than the gateway takes",
}


def _response(problem: Problem, headers: Mapping[str, str]) -> web.Response:
    body = redact_body_keys(msgspec.json.encode(problem, enc_hook=str))
    return web.Response(
        body=body, status=problem.status, content_type=CONTENT_TYPE, headers=headers
    )
