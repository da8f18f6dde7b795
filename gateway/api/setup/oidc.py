"""Sign-in by an identity provider (OpenID Connect): the redirect there and the way back."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access.oidc import WITHIN, OidcLogin
from gateway.api.context import ApiCall
from gateway.api.setup.session import respond_with_session
from gateway.errors import Malformed, NotFound, Unauthenticated
from gateway.web.deadlines import extend_deadline

COOKIE = "__Secure-gateway_login"
"""The cookie of a sign-in, which browsers take and send by TLS alone (RFC 6265bis, 4.1.3.1)."""

PLAIN_HTTP_COOKIE = "gateway_login"
"""The cookie of a sign-in where the gateway is reached without TLS, which is for trials."""

PATH = "/api/v1/login/oidc"
PROVIDER_WITHIN = 10.0
"""Seconds in which the identity provider must have answered."""

Opaque = Annotated[str, Meta(max_length=4_096)]


class OidcCallback(msgspec.Struct, frozen=True):
    """The parameters with which the provider sends people back (RFC 6749, 4.1.2; RFC 9207).

    Other parameters are the provider's own.
    """

    state: Opaque = ""
    code: Opaque = ""
    error: Opaque = ""
    iss: Opaque | None = None


async def begin_oidc_login(call: ApiCall[None]) -> web.Response:
    """Redirect to the identity provider."""
    oidc = _oidc(call)
    extend_deadline(PROVIDER_WITHIN)
    begun = await oidc.begin(call.address)
    response = web.Response(
        status=302, headers={"Location": begun.address, "Cache-Control": "no-store"}
    )
    name, secure = _cookie(oidc)
    response.set_cookie(
        name,
        begun.browser,
        path=PATH,
        max_age=int(WITHIN.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=secure,
    )
    return response


async def finish_oidc_login(call: ApiCall[None]) -> web.Response:
    """Complete the sign-in after the provider's redirect, and return a session."""
    oidc = _oidc(call)
    try:
        given = msgspec.convert(dict(call.request.query), OidcCallback)
    except msgspec.ValidationError as error:
        raise Malformed(f"the query: {error}") from error
    if given.error or not given.code or not given.state:
        raise Unauthenticated("the identity provider let nobody in")
    extend_deadline(PROVIDER_WITHIN)
    name, secure = _cookie(oidc)
    session = await oidc.finish(
        given.state, call.request.cookies.get(name, ""), given.code, given.iss
    )
    response = await respond_with_session(call, session)
    response.del_cookie(name, path=PATH, secure=secure, httponly=True, samesite="Lax")
    return response


def _cookie(oidc: OidcLogin) -> tuple[str, bool]:
    """Return the cookie's name, and whether it is for TLS alone."""
    secure = not oidc.redirect_url.startswith("http://")
    return (COOKIE if secure else PLAIN_HTTP_COOKIE), secure


def _oidc(call: ApiCall[object]) -> OidcLogin:
    if call.context.oidc is None:
        raise NotFound("no identity provider is set up: log in by password")
    return call.context.oidc
