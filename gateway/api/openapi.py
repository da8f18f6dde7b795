"""The OpenAPI 3.1 document, made from the route table and the wire types, and a page that shows it."""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from typing import Any, get_args, get_origin

import msgspec
from aiohttp import web

from gateway.api.feed import Feed
from gateway.api.problems import CONTENT_TYPE, PROBLEMS, Problem
from gateway.api.route import Route
from gateway.api.routes import table

REF = "#/components/schemas/{name}"
PARAMETER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}")

STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}
pre{background:#8881;padding:.6rem;overflow:auto}summary{cursor:pointer}"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
CSP = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document for these routes."""
    kinds = [kind for route in routes for kind in (route.takes, route.reads, route.keeps, route.gives) if kind is not None] + [
        Problem
    ]
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
        "description": _needed(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": {str(route.status): answer, "4XX": problem, "5XX": problem},
    }
    if route.scope is None:
        operation["security"] = []
    if (taken := route.takes or route.keeps) is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": known[id(taken)]}}}
    if route.streams:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    if route.reads is not None:
        content = {"application/json": {"schema": known[id(route.reads)]}, "text/csv": {"schema": {"type": "string"}}}
        operation["requestBody"] = {"content": content}
    return operation


def _needed(route: Route) -> str:
    if route.scope is None:
        return "Needs no key."
    right = f" and the right `{route.needs}`" if route.needs else ""
    return f"Needs the scope `{route.scope}`{right}."


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
    for name in route.headers:
        yield {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}


def page(routes: Sequence[Route]) -> str:
    """Every operation and every value on one page without a script or anything from elsewhere."""
    rows = "".join(
        f"<tr><td><code>{escape(r.method)}</code></td><td><code>{escape(plain(r.path))}</code></td>"
        f"<td>{escape(r.scope or '')}</td><td>{escape(r.summary)}{_parameters(r)}</td>"
        f"<td>{_link(r.takes or r.reads or r.keeps)}</td><td>{_link(r.gives)} {r.status}</td></tr>"
        for r in routes
    )
    schemas = document(routes)["components"]["schemas"]
    values = "".join(_value(name, schema) for name, schema in sorted(schemas.items()))
    return PAGE.replace("STYLE", STYLE).replace("ROWS", rows).replace("VALUES", values)


def _parameters(route: Route) -> str:
    shown = {parameter["name"]: parameter["schema"] for parameter in _query_parameters(route)}
    return f"<details><summary>parameters</summary><pre>{_pretty(shown)}</pre></details>" if shown else ""


def _value(name: str, schema: Any) -> str:
    said, shown = escape(schema.get("description", "")), _pretty(schema)
    return f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {said}</summary><pre>{shown}</pre></details>'


def _link(kind: Any) -> str:
    if kind is None:
        return ""
    if get_origin(kind) is list:
        return f"array of {_link(get_args(kind)[0])}"
    if not issubclass(get_origin(kind) or kind, msgspec.Struct):
        return "any object"
    return f'<a href="#{kind.__name__}"><code>{escape(kind.__name__)}</code></a>'


def _pretty(value: object) -> str:
    return escape(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Incident gateway: API</title><style>STYLE</style>
<h1>Incident gateway: API</h1>
<p>Machines read <a href="/openapi.json">/openapi.json</a>. Send the key as <code>Authorization: Bearer</code> or
<code>X-Api-Key</code>. Fields are snake_case, times RFC 3339 in UTC, durations seconds. Changes take <code>If-Match</code> with
the ETag of the record and <code>Idempotency-Key</code>. Errors are problem details (RFC 9457), see
<a href="#Problem">Problem</a>.</p>
<table><thead><tr><th>Method<th>Path<th>Scope<th>What it does<th>Takes<th>Gives</thead><tbody>ROWS</tbody></table>
<h2>Values</h2>VALUES</html>
"""


@cache
def _written(more: tuple[Route, ...]) -> tuple[bytes, str]:
    """The document and the page: the same for as long as the program runs, and half of the work of a start."""
    routes = (*table(Feed()), *more)
    return msgspec.json.encode(document(routes)), page(routes)


def build_docs(more: tuple[Route, ...] = ()) -> list[web.RouteDef]:
    """/openapi.json and /docs, of the route table and `more`, both fixed when the gateway starts."""
    described, shown = _written(more)

    async def serve_document(_: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    async def serve_page(_: web.Request) -> web.Response:
        return web.Response(text=shown, content_type="text/html", headers={"Content-Security-Policy": CSP})

    return [web.get("/openapi.json", serve_document), web.get("/docs", serve_page)]
