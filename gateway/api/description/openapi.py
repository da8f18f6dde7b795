"""The OpenAPI 3.1 document, made from the route table and the body types, and its page."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from aiohttp import web

from gateway.api.description.addresses import body_content, described_endpoints
from gateway.api.description.docs_page import CSP, DocsPage, build_docs_page
from gateway.api.description.parameters import parameters, path_parameters, query_parameter
from gateway.api.description.paths import operation_id, strip_patterns
from gateway.api.description.schemas import Schemas, schemas_of
from gateway.api.description.tags import TAGS, tag_of
from gateway.api.records.feed import ChangeFeed
from gateway.api.route import Route
from gateway.api.routes import list_routes
from gateway.web.described_endpoint import IN_HEADERS, DescribedEndpoint
from gateway.web.problems import CONTENT_TYPE, PROBLEMS, Problem

VERSION = "1"


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of these routes."""
    bodies = (
        body
        for route in routes
        for body in (route.request_body, route.reads, route.quarantined_body, route.response_body)
    )
    schemas = schemas_of([*(body for body in bodies if body is not None), Problem])
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(strip_patterns(route.path), {})[route.method.lower()] = _operation(
            route, schemas
        )
    for address in described_endpoints():
        paths.setdefault(address.path, {})[address.method.lower()] = _described(address)
    used = {
        operation["tags"][0] for operations in paths.values() for operation in operations.values()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Incident gateway",
            "version": VERSION,
            "description": "Problems: " + ", ".join(sorted(PROBLEMS)),
            "contact": {"name": "The operator of this gateway"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The gateway that serves this document."}],
        "security": [{"bearer": []}, {"key": []}],
        "tags": [
            {"name": name, "description": said} for name, said in TAGS.items() if name in used
        ],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {
                "Problem": _problem(schemas),
                "Refused": {
                    "description": "Refused, in the format that clients of this API expect"
                },
                "Failed": {"description": "Cannot be served now"},
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }


def _problem(schemas: Schemas) -> dict[str, Any]:
    return {
        "description": "A problem",
        "content": {CONTENT_TYPE: {"schema": schemas.of[id(Problem)]}},
    }


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    path, problem = strip_patterns(route.path), {"$ref": "#/components/responses/Problem"}
    operation: dict[str, Any] = {
        "operationId": operation_id(route.method, path),
        "tags": [tag_of(path, route.method)],
        "summary": route.summary,
        "description": _needed(route),
        "parameters": [*parameters(route)],
        "responses": {**_answers(route, schemas), "4XX": problem, "5XX": problem},
    }
    if route.scope is None:
        operation["security"] = []
    if (content := _content(route, schemas)) is not None:
        operation["requestBody"] = {"required": not _may_be_empty(route), "content": content}
    return operation


def _described(address: DescribedEndpoint) -> dict[str, Any]:
    """Return the operation of an endpoint outside the route table."""
    operation: dict[str, Any] = {
        "operationId": operation_id(address.method, address.path),
        "tags": [tag_of(address.path, address.method)],
        "summary": address.summary,
        "description": address.key.value,
        "parameters": [*path_parameters(address.path), *map(query_parameter, address.query_names)],
        "responses": {
            "2XX": {"description": "Done, in the format that clients of this API expect"},
            "4XX": {"$ref": "#/components/responses/Refused"},
            "5XX": {"$ref": "#/components/responses/Failed"},
        },
    }
    if address.key not in IN_HEADERS:
        operation["security"] = []
    if address.request_body:
        operation["requestBody"] = {
            "required": not address.body_optional,
            "content": body_content(address),
        }
    return operation


def _answers(route: Route, schemas: Schemas) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.summary}
    if route.response_body is not None:
        answer["content"] = {"application/json": {"schema": schemas.of[id(route.response_body)]}}
    answers = {str(route.status): answer}
    if 300 <= route.status < 400:
        answers["2XX"] = {
            "description": "The resource at that address, for clients that follow the redirect"
        }
    return answers


def _content(route: Route, schemas: Schemas) -> dict[str, Any] | None:
    if route.streams:
        return {route.file_type: {"schema": {}}}
    if route.reads is not None:
        return {
            "application/json": {"schema": schemas.of[id(route.reads)]},
            "text/csv": {"schema": {"type": "string"}},
        }
    if (taken := route.request_body or route.quarantined_body) is not None:
        return {"application/json": {"schema": schemas.of[id(taken)]}}
    return None


def _may_be_empty(route: Route) -> bool:
    """Return whether an empty body is accepted, as an empty object."""
    if (taken := route.request_body or route.quarantined_body) is None:
        return False
    try:
        msgspec.convert({}, taken)
    except msgspec.ValidationError:
        return False
    return True


def _needed(route: Route) -> str:
    if route.scope is None:
        return "Needs no key."
    right = f" and the right `{route.needs}`" if route.needs else ""
    return f"Needs the scope `{route.scope}`{right}."


@cache
def _written(more: tuple[Route, ...]) -> tuple[bytes, DocsPage]:
    """Return the encoded document and the page.

    Both stay the same for as long as the program runs, and are half of the work of a start.
    """
    described = document((*list_routes(ChangeFeed()), *more))
    return msgspec.json.encode(described), build_docs_page(described)


def build_docs(more: tuple[Route, ...] = ()) -> list[web.RouteDef]:
    """Return the routes of /openapi.json and /docs, for the route table and `more`.

    Both are fixed when the gateway starts.
    """
    described, shown = _written(more)

    async def serve_document(_: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    async def serve_page(request: web.Request) -> web.Response:
        text = shown.show(request.query.get("q", ""))
        return web.Response(
            text=text, content_type="text/html", headers={"Content-Security-Policy": CSP}
        )

    return [web.get("/openapi.json", serve_document), web.get("/docs", serve_page)]
