"""Getting in by an identity provider: there and back."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.context import Call
from gateway.api.deadlines import allow_more
from gateway.api.me import opened
from gateway.errors import Malformed, NotFound, Unauthenticated
from gateway.operations.oidc import WITHIN, OidcLogin

COOKIE = "gateway_login"
PATH = "/api/v1/login/oidc"
PROVIDER_WITHIN = 10.0
"""Seconds in which the identity provider must have answered."""

Opaque = Annotated[str, Meta(max_length=4_096)]


class Returned(msgspec.Struct, frozen=True):
    """What the provider sends people back with (RFC 6749, 4.1.2; RFC 9207); other parameters are its own."""

    state: Opaque = ""
    code: Opaque = ""
    error: Opaque = ""
    iss: Opaque | None = None


async def begin(call: Call) -> web.Response:
    """Off to the identity provider."""
    oidc = _oidc(call)
    allow_more(PROVIDER_WITHIN)
    begun = await oidc.begin(call.address)
    response = web.Response(status=302, headers={"Location": begun.address, "Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE, begun.browser, path=PATH, max_age=int(WITHIN.total_seconds()), httponly=True, samesite="Lax",
        secure=not oidc.redirect_url.startswith("http://"),
    )  # fmt: skip
    return response


async def finish(call: Call) -> web.Response:
    """Back from there, for a session."""
    oidc = _oidc(call)
    try:
        given = msgspec.convert(dict(call.request.query), Returned)
    except msgspec.ValidationError as error:
        raise Malformed(f"the query: {error}") from error
    if given.error or not given.code or not given.state:
        raise Unauthenticated("the identity provider let nobody in")
    allow_more(PROVIDER_WITHIN)
    session = await oidc.finish(given.state, call.request.cookies.get(COOKIE, ""), given.code, given.iss)
    response = await opened(call, session)
    response.del_cookie(COOKIE, path=PATH)
    return response


def _oidc(call: Call) -> OidcLogin:
    if call.context.oidc is None:
        raise NotFound("no identity provider is set up: log in by password")
    return call.context.oidc
