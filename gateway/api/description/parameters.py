"""The parameters of operations, each with its description."""

from collections.abc import Iterator
from typing import Any

from gateway.api.description.paths import PARAMETER
from gateway.api.description.schemas import properties_of
from gateway.api.route import Route

IN_PATH = {
    "asked": "The action of the form, such as `confirm`.",
    "event": "The event of the call, as the vendor's page in docs/sources names it.",
    "provider": "The vendor, as its page in docs/sources names it.",
    "request_id": "The id of a request, as its answer gave it.",
    "said": "The state of the job: `start`, `fail`, `log` or its exit status.",
    "service": "The slug of the service.",
    "type": "The type of integration, such as `alertmanager`.",
    "way": "The vendor of mail, as docs/sources names it.",
    "id": "The id, as lists and answers give it.",
    "integration": "The slug of the integration whose bodies are meant.",
    "key": "A key of an integration, for senders that cannot set headers.",
    "link": "The signed link that a reporter was given.",
    "login": "The login of a person.",
    "name": "The name, as lists give it.",
    "number": "The number of the record, such as INC-20260302-000001.",
    "slug": "The slug, as lists give it.",
    "source": "The source, by the name that its address has.",
    "system": "The other system, by the name it is kept under.",
    "token": "The signed name of the calendar, as its address has it.",
}
IN_HEADER = {
    "Content-Disposition": "The file's name, where the query does not give it.",
    "Idempotency-Key": (
        "Any text that names this request: sent again with it, the request changes nothing more "
        "and is answered alike."
    ),
    "If-Match": (
        "The ETag that the caller last saw, or `*`; with another one there now, the answer is 412."
    ),
    "If-None-Match": "An ETag that the caller has, or `*` for what must not be there yet.",
}
IN_QUERY = {
    "active": "Only those that are active, or only those that are not.",
    "after": "The cursor of the page: `next` of the page before.",
    "assignee": "The assignee, a person or a group.",
    "at": "The moment that is asked about; without it, now.",
    "at_least_hours": "The hours that an event lasts at least, if it is an absence.",
    "before": "The cursor of the page: `next` of the page before.",
    "calendar": "The calendar of the settings whose public holidays count.",
    "category": "The category.",
    "ci": "The configuration item.",
    "code": "The code that the identity provider gave.",
    "cursor": "The cursor of the page: `next` of the page before.",
    "create": "With 1, a monitor that is not there yet is made.",
    "days": "The number of days to look at, up to today.",
    "error": "The error that the identity provider gave.",
    "field.NAME": "The value of the field NAME that the configuration adds.",
    "filter": "A matcher of labels, such as `severity=critical`.",
    "from": "The beginning of the time asked for.",
    "group": "The slug of the group.",
    "identifierType": "The kind of id in the path: `id`, `tiny` or `alias`.",
    "integration": "The slug of the integration.",
    "iss": "The issuer that the identity provider names.",
    "keys": "The keys of details to remove, separated by commas.",
    "kind": "The kind.",
    "label.NAME": "The value of the label NAME.",
    "limit": "The most items of a page.",
    "locale": "The language of the text.",
    "look_through": "Only those that a shift was asked to look through and has not.",
    "name": "The file's name.",
    "number": "The caller's number.",
    "offset": "The number of items to leave out at the beginning.",
    "on_hold": "Only records on hold, or only those that are not.",
    "order": "`asc` or `desc`.",
    "priority": "The priority, 1 to 4.",
    "problem": "The problem, as the counts name it.",
    "provider": "The chat's vendor.",
    "public": "True lets the record's reporter see the file.",
    "q": "Words to look for.",
    "query": "A search in Opsgenie's language.",
    "reason": "The reason for which the mail was set aside.",
    "reference": "The name of the record in the other system.",
    "report": "The state of the report on a major incident.",
    "reporter": "The app's own name for the reporter.",
    "reporting_unit": "The unit that reported.",
    "role": "A role that the people have.",
    "security": "Only records flagged as security incidents, or only those that are not.",
    "service": "The service.",
    "since": "The earliest time at which it came.",
    "source": "The source, by the name that its address has.",
    "sort": "The field to sort by.",
    "state": "The state.",
    "system": "The other system, by the name it is kept under.",
    "tags": "The tags to remove, separated by commas.",
    "tenant": "The vendor's id of the workspace or company.",
    "tier": "The tier.",
    "to": "The end of the time asked for.",
    "updated_since": "The earliest time of the last change.",
    "user": "The vendor's id of the person.",
    "version": "The version; without one, the latest.",
    "words": "Words, separated by commas, of which the title of an absence has one.",
    "wait": "Seconds to wait for a change where there is none yet.",
}
"""Descriptions by name, where the field of the query has none of its own."""

HEADER_BOUNDS = {
    "Idempotency-Key": {"minLength": 1, "maxLength": 255},
    "If-Match": {"minLength": 1},
}
"""Length bounds of headers."""


def parameters(route: Route) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a route: of its path, its query and its headers."""
    yield from path_parameters(route.path)
    yield from query_parameters(route)
    for name in route.headers:
        schema = {"type": "string"} | HEADER_BOUNDS.get(name, {})
        yield {
            "name": name,
            "in": "header",
            "description": IN_HEADER[name],
            "required": False,
            "schema": schema,
        }


def path_parameters(path: str) -> Iterator[dict[str, Any]]:
    """Yield the parameters in an aiohttp path."""
    for name in PARAMETER.findall(path):
        yield {
            "name": name,
            "in": "path",
            "description": IN_PATH[name],
            "required": True,
            "schema": {"type": "string"},
        }


def query_parameters(route: Route) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a route's query."""
    if route.query is None:
        return
    for name, shape in properties_of(route.query).items():
        own = "" if "title" in shape else shape.get("description", "")
        yield {
            "name": name,
            "in": "query",
            "description": own or IN_QUERY[name],
            "schema": {word: said for word, said in shape.items() if word != "description"},
            "style": "form",
            "explode": False,
        }


def query_parameter(name: str) -> dict[str, Any]:
    """Return an optional query parameter of type string."""
    shape = {"type": "string"}
    return {"name": name, "in": "query", "description": IN_QUERY[name], "schema": shape}
