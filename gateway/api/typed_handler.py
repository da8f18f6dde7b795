"""Handlers bound to the types of what they take: a body, a query, or neither.

A handler whose call has another type than the one it is bound to is an error of typing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from gateway.api.context import ApiCall, QueryCall
from gateway.web import body

B = TypeVar("B")
Q = TypeVar("Q")


@dataclass(frozen=True, slots=True)
class TypedHandler:
    """A handler of calls that are not decoded yet, with the types of its body and its query.

    Without a type of the body no body is read.
    """

    handle: Callable[[ApiCall[None]], Awaitable[web.Response]]
    request_body: type[object] | None = None
    query: type[object] | None = None


def without_body(
    handle: Callable[[ApiCall[None]], Awaitable[web.Response]], query: type[object] | None = None
) -> TypedHandler:
    """Return the typed form of a handler without a body.

    `query` is the type of a query that the handler reads itself.
    """
    return TypedHandler(handle, query=query)


def with_body(
    handle: Callable[[ApiCall[B]], Awaitable[web.Response]], kind: type[B]
) -> TypedHandler:
    """Return the typed form of a handler that is given the body decoded as `kind`."""

    def decoded(call: ApiCall[None]) -> Awaitable[web.Response]:
        asked = body.decode(call.raw, kind)
        body.check_times(asked)
        return handle(ApiCall(call.context, call.request, call.caller, asked, call.raw))

    return TypedHandler(decoded, request_body=kind)


def with_query(
    handle: Callable[[QueryCall[Q]], Awaitable[web.Response]],
    kind: type[Q],
    read: Callable[[web.Request], Q] | None = None,
) -> TypedHandler:
    """Return the typed form of a handler that is given the query decoded as `kind`.

    `read` decodes a query that is more than the fields of `kind`.
    """

    def decoded(call: ApiCall[None]) -> Awaitable[web.Response]:
        asked = body.decode_query(call.request, kind) if read is None else read(call.request)
        return handle(
            QueryCall(call.context, call.request, call.caller, None, call.raw, query=asked)
        )

    return TypedHandler(decoded, query=kind)
