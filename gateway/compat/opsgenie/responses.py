"""Responses in Opsgenie's format (docs.opsgenie.com/docs/response).

All end with `took` and `requestId`; errors have a `message`.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway import errors
from gateway.errors import GatewayError
from gateway.timing.clock import Clock

PROCESSED = "Request will be processed"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class OpsgenieResponse:
    """A response; `request_id` is the id of the receipt if there is one."""

    body: Mapping[str, Any]
    status: int = 200
    request_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


STATUS: Mapping[str, tuple[int, str]] = {
    errors.Malformed.code: (422, "Request body is not processable. Please check the errors."),
    errors.Unprocessable.code: (422, "Request body is not processable. Please check the errors."),
    errors.TooLarge.code: (413, "Request body is too large."),
    errors.Unauthenticated.code: (401, "Could not authenticate"),
    errors.Forbidden.code: (403, "You are not authorized to access this resource"),
    errors.NotFound.code: (404, ""),
    errors.Conflict.code: (409, ""),
    errors.QuotaExceeded.code: (429, "You are making too many requests!"),
    errors.Overloaded.code: (429, "You are making too many requests!"),
    errors.Unavailable.code: (503, "The service is not available just now, please retry."),
}
"""HTTP status and message by error code; an empty message stands for the error's own."""


def build_accepted(request_id: str) -> OpsgenieResponse:
    """Return 202: the request is committed.

    Its status is served at /v2/alerts/requests/{requestId}.
    """
    return OpsgenieResponse({"result": PROCESSED}, 202, request_id)


def build_error(error: GatewayError) -> OpsgenieResponse:
    """Return the response to a request that failed; the code of `error` is in STATUS."""
    status, message = STATUS[error.code]
    body: dict[str, Any] = {"message": message or error.detail}
    if status == 422:
        flaws = [
            (flaw.pointer.strip("/").replace("/", ".") or "body", flaw.detail)
            for flaw in error.flaws
        ]
        body["errors"] = dict(flaws) or {"body": error.detail}
    receipt = error.facts.get("receipt")
    headers = {"Retry-After": "2", "X-RateLimit-State": "THROTTLED"} if status == 429 else {}
    return OpsgenieResponse(
        body,
        status,
        str(receipt) if receipt else None,
        headers | ({"Retry-After": "2"} if status == 503 else {}),
    )


def wrap_handler(
    clock: Clock, handle: Callable[[web.Request], Awaitable[OpsgenieResponse]]
) -> Handler:
    """Return a handler that responds in Opsgenie's format with the result of `handle`.

    Errors that it raises are responded to in the same format, if their code is in STATUS.
    """

    async def serve(request: web.Request) -> web.StreamResponse:
        began = clock.monotonic()
        try:
            answer = await handle(request)
        except GatewayError as error:
            if error.code not in STATUS:
                raise
            answer = build_error(error)
        took = math.floor((clock.monotonic() - began) * 1000) / 1000
        request_id = answer.request_id or str(uuid4())
        headers = {
            "X-RateLimit-State": "OK",
            **answer.headers,
            "X-Request-Id": request_id,
            "X-Response-Time": str(took),
        }
        body = _encode({**answer.body, "took": took, "requestId": request_id})
        return web.Response(
            body=body, status=answer.status, content_type="application/json", headers=headers
        )

    return serve
