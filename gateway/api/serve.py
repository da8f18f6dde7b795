"""Puts the route table, its OpenAPI document and its page into an application."""

import base64
from collections.abc import Awaitable, Callable
from hashlib import sha256

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from gateway.api.context import Context
from gateway.api.openapi import STYLE, document, page
from gateway.api.problems import Observer, problems
from gateway.api.routes import ROUTES, endpoint

POLICY = "default-src 'none'; frame-ancestors 'none'; style-src 'sha256-{}'"


def build(context: Context) -> list[web.RouteDef]:
    """Every route of the API, with /openapi.json and /docs, which need no key."""
    described = msgspec.json.encode(document(ROUTES))
    shown = page(ROUTES).encode()
    style = POLICY.format(base64.b64encode(sha256(STYLE.encode()).digest()).decode())
    return [
        *(web.route(route.method, route.path, endpoint(route, context)) for route in ROUTES),
        web.route("GET", "/openapi.json", _constant(described, "application/json", {})),
        web.route("GET", "/docs", _constant(shown, "text/html", {"Content-Security-Policy": style})),
    ]


def middlewares(context: Context, observer: Observer) -> list[Middleware]:
    """What goes around every handler of the application, those of intake included."""
    return [problems(observer, context.clock)]


def _constant(body: bytes, kind: str, headers: dict[str, str]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8" if kind == "text/html" else None, headers=headers)

    return serve
