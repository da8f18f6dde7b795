"""The route table as an OpenAPI 3.1 document and as a page for people."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

from gateway import __name__ as product
from gateway.api.problems import ANY_STATUS
from gateway.api.routes import Route

REF = "#/components/schemas/{name}"

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "properties": {
        "type": {"enum": sorted({f"/problems/{kind.code}" for kind in ANY_STATUS})},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "the id of the request"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}}},
        },
    },
}

HEADERS = {
    "PATCH": ("If-Match", "Idempotency-Key"),
    "POST": ("If-Match", "Idempotency-Key"),
    "PUT": ("If-Match", "If-None-Match"),
}
"""Request headers of methods on a record."""


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    kinds = list(dict.fromkeys(kind for route in routes for kind in (route.request, route.response) if kind is not None))
    refs, schemas = msgspec.json.schema_components(kinds, ref_template=REF)
    by_kind = dict(zip(kinds, refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"incident {product}", "version": "1"},
        "security": [{"bearer": []}, {"apiKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
            "schemas": {**schemas, "Problem": PROBLEM},
        },
    }


def _operation(route: Route, refs: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.summary}
    if route.response is not None:
        answer["content"] = {"application/json": {"schema": refs[route.response]}}
    problem = {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}}
    operation: dict[str, Any] = {
        "operationId": _name(route),
        "summary": route.summary,
        "description": f"Needs a key with the scope `{route.scope}`.",
        "parameters": [*_in_path(route), *_in_query(route), *_in_headers(route)],
        "responses": {str(route.status): answer, "default": {"description": "A problem (RFC 9457)", "content": problem}},
    }
    if route.request is not None:
        needed = any(field.required for field in msgspec.structs.fields(route.request))
        operation["requestBody"] = {"required": needed, "content": {"application/json": {"schema": refs[route.request]}}}
    return operation


def _name(route: Route) -> str:
    words = re.findall(r"[a-z_]+", route.path.removeprefix("/api/v1"))
    return "_".join([route.method.lower(), *words])


def _in_path(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    (_,), schemas = msgspec.json.schema_components([route.query], ref_template=REF)
    properties = schemas[route.query.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _in_headers(route: Route) -> list[dict[str, Any]]:
    on_record = "{number}" in route.path or route.path == "/api/v1/incidents"
    names = HEADERS.get(route.method, ()) if on_record else ()
    return [{"name": name, "in": "header", "schema": {"type": "string"}} for name in names]


STYLE = "body{font:15px/1.5 system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem}code,pre{font-family:ui-monospace}\
pre{background:#8881;padding:.6rem;overflow:auto}summary{cursor:pointer;padding:.25rem 0}b{display:inline-block;min-width:4.5rem}"
"""The page's own style, allowed by its hash."""


def page(routes: Sequence[Route]) -> str:
    """Every operation on one page that needs nothing else: no script, no address of anybody's."""
    described = document(routes)
    schemas = described["components"]["schemas"]
    operations = "\n".join(_shown(route, described["paths"][route.path][route.method.lower()]) for route in routes)
    structs = "\n".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {escape(schema.get("description", ""))}</summary>'
        f"<pre>{_json(schema)}</pre></details>"
        for name, schema in sorted(schemas.items())
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Incident gateway API</title><style>{STYLE}</style>'
        "<h1>Incident gateway API</h1><p>JSON in and out; times are RFC 3339 UTC, durations seconds. Send a key as "
        "<code>Authorization: Bearer</code> or <code>X-Api-Key</code>. Changes take <code>If-Match</code> with the ETag and "
        "<code>Idempotency-Key</code>. Errors are problem details (RFC 9457). "
        'Machines read <a href="/openapi.json">/openapi.json</a>.</p>'
        f"<h2>Operations</h2>{operations}<h2>Values</h2>{structs}</html>"
    )


def _shown(route: Route, operation: dict[str, Any]) -> str:
    parameters = {f"{p['name']} ({p['in']})": p["schema"] for p in operation["parameters"]}
    kinds = (("Request", route.request), ("Answer", route.response))
    links = " ".join(f'{word}: <a href="#{kind.__name__}">{kind.__name__}</a>.' for word, kind in kinds if kind is not None)
    return (
        f"<details><summary><b>{route.method}</b><code>{escape(route.path)}</code> {escape(route.summary)}</summary>"
        f"<p>Scope <code>{route.scope}</code>, status {route.status}. {links}</p>"
        + (f"<pre>{_json(parameters)}</pre>" if parameters else "")
        + "</details>"
    )


def _json(value: object) -> str:
    return escape(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
