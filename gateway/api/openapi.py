"""The OpenAPI 3.1 document, made from the route table and the wire types, and a page that shows it."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import msgspec
from aiohttp import web

from gateway.api.feed import Feed
from gateway.api.problems import CONTENT_TYPE, PROBLEMS, Problem
from gateway.api.routes import Route, table

REF = "#/components/schemas/{name}"
PARAMETER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}")

CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document for these routes."""
    kinds = [kind for route in routes for kind in (route.takes, route.gives) if kind is not None] + [Problem]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    known = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(plain(route.path), {})[route.method.lower()] = _operation(route, known)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Incident gateway", "version": "1", "description": "Problems: " + ", ".join(sorted(PROBLEMS))},
        "security": [{"bearer": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }


def plain(path: str) -> str:
    """A path of aiohttp without the patterns of its parameters."""
    return PARAMETER.sub(r"{\1}", path)


def _operation(route: Route, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.summary}
    if route.gives is not None:
        answer["content"] = {"application/json": {"schema": known[id(route.gives)]}}
    problem = {"description": "A problem", "content": {CONTENT_TYPE: {"schema": known[id(Problem)]}}}
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}_{'_'.join(re.findall(r'[a-z0-9]+', plain(route.path)[8:]))}",
        "summary": route.summary,
        "description": f"Needs the scope `{route.scope}`.",
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": {str(route.status): answer, "4XX": problem, "5XX": problem},
    }
    if route.takes is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": known[id(route.takes)]}}}
    return operation


def _path_parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name in PARAMETER.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query_parameters(route: Route) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    schema = msgspec.json.schema(route.query)
    definition = schema["$defs"][route.query.__name__]
    for name, shape in definition["properties"].items():
        yield {"name": name, "in": "query", "schema": _inlined(shape, schema["$defs"]), "style": "form", "explode": False}


def _inlined(shape: Any, definitions: dict[str, Any]) -> Any:
    """A schema with what it refers to written out: parameters stand outside of the components."""
    if isinstance(shape, list):
        return [_inlined(part, definitions) for part in shape]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(definitions[shape["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(part, definitions) for name, part in shape.items()}


def _header_parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name in HEADERS.get(route.method, ()):
        yield {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}


def page(routes: Sequence[Route]) -> str:
    """Every operation on one page without a script or anything from elsewhere."""
    rows = "".join(
        f"<tr><td><code>{escape(r.method)}</code></td><td><code>{escape(plain(r.path))}</code></td>"
        f"<td>{escape(r.scope)}</td><td>{escape(r.summary)}</td><td>{_name(r.takes)}</td><td>{_name(r.gives)}</td></tr>"
        for r in routes
    )
    return PAGE.replace("ROWS", rows)


def _name(kind: Any) -> str:
    return "" if kind is None else f"<code>{escape(getattr(kind, '__name__', str(kind)))}</code>"


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Incident gateway: API</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}</style>
<h1>Incident gateway: API</h1>
<p>Every detail is in <a href="/openapi.json">/openapi.json</a>. Send the key as <code>Authorization: Bearer</code>.</p>
<table><thead><tr><th>Method<th>Path<th>Scope<th>What it does<th>Takes<th>Gives</thead><tbody>ROWS</tbody></table></html>
"""


def build_docs() -> list[web.RouteDef]:
    """/openapi.json and /docs, both fixed when the gateway starts."""
    routes = table(Feed())
    described = msgspec.json.encode(document(routes))
    shown = page(routes)

    async def serve_document(_: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    async def serve_page(_: web.Request) -> web.Response:
        return web.Response(text=shown, content_type="text/html", headers={"Content-Security-Policy": CSP})

    return [web.get("/openapi.json", serve_document), web.get("/docs", serve_page)]


HEADERS = {
    "POST": ("Idempotency-Key", "If-Match"),
    "PATCH": ("Idempotency-Key", "If-Match"),
    "PUT": ("If-Match", "If-None-Match"),
}
