"""Requests for every route of a running gateway.

Parameters and bodies are filled from the routes' own descriptions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from string import Formatter
from typing import Any

import msgspec
from aiohttp import web
from msgspec import inspect

from gateway.api.description.paths import strip_patterns
from gateway.api.records.feed import ChangeFeed
from gateway.api.routes import list_routes
from gateway.app.reports import REPORTS

ELSEWHERE: Mapping[str, str] = {
    "id": "999999", "system": "jira", "login": "nobody1", "slug": "mail", "name": "none",
    "integration": "ours", "source": "generic", "service": "none", "way": "raw",
    "provider": "slack", "event": "voice", "type": "generic", "said": "up", "asked": "note",
    "request_id": "00000000-0000-7000-8000-000000000000", "link": "none", "key": "gwk_none",
    "token": "none", "message": "opened", "channel": "smtp", "locale": "en", "role": "leader",
}  # fmt: skip
"""Values of parameters that the world does not fill.

No object has them, or a request with them changes nothing.
"""

AGAIN: Mapping[tuple[str, str], Any] = {
    ("POST", "/ingest/{source}"): {
        "title": "again",
        "status": "firing",
        "dedup_key": "disk",
        "severity": "critical",
    },
    ("POST", "/v2/alerts"): {"message": "again", "alias": "genie"},
}
"""Bodies of routes outside of the table that let the alerts of hidden records fire again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `route` is its template."""

    method: str
    route: str
    path: str
    body: Any = None

    def instead(self, others: Mapping[str, str]) -> "Asked":
        """Return the same request about other records."""
        path, body = self.path, msgspec.json.encode(self.body).decode()
        for number, other in others.items():
            path, body = path.replace(number, other), body.replace(number, other)
        return Asked(self.method, self.route, path, msgspec.json.decode(body))


def requests(app: web.Application, filled: Mapping[str, list[str]], number: str) -> Iterator[Asked]:
    """Yield a request for each route and each value of its parameters.

    `number` is that of a hidden record.

    Raises AssertionError if no value of a parameter is known.
    """
    takes = {
        (route.method, strip_patterns(route.path)): route.request_body
        for route in (*list_routes(ChangeFeed()), *REPORTS)
    }
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if route.method in ("*", "HEAD", "OPTIONS"):
            continue
        body = takes.get((route.method, path))
        known = AGAIN.get((route.method, path))
        example = known if body is None else example_of(inspect.type_info(body), number)
        for values in product(*(_values(path, name, filled) for name in _names(path))):
            yield Asked(
                route.method,
                path,
                path.format(**dict(zip(_names(path), values, strict=True))),
                example,
            )


def _names(path: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(path) if name]


def _values(path: str, name: str, filled: Mapping[str, list[str]]) -> list[str]:
    """Return the values of a parameter.

    They are the world's values for the longest matching end of the path, else one from ELSEWHERE.
    """
    until = path[: path.index(f"{{{name}}}") + len(name) + 2]
    known = [end for end in filled if until.endswith(end)]
    if known:
        return filled[max(known, key=len)]
    assert name in ELSEWHERE, (
        f"say in ELSEWHERE, or in the world, what stands for {{{name}}} of {path}"
    )
    return [ELSEWHERE[name]]


def example_of(kind: inspect.Type, number: str, name: str = "") -> Any:  # noqa: PLR0911 - one arm a kind of type
    """Return the smallest valid body of a type.

    Texts that may be a record's number are the number of the hidden record.
    """
    match kind:
        case inspect.StructType(fields=fields):
            asked = [one for one in fields if one.required or one.name in NUMBERS]
            return {one.encode_name: example_of(one.type, number, one.name) for one in asked}
        case inspect.UnionType(types=types):
            return example_of(
                next(one for one in types if not isinstance(one, inspect.NoneType)), number, name
            )
        case inspect.EnumType(cls=cls):
            return next(iter(cls)).value
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return [example_of(item, number, name)]
        case inspect.StrType():
            return number if name in NUMBERS else "tier2" if name == "roles" else "text"
        case inspect.IntType(ge=least) | inspect.FloatType(ge=least):
            return least or 1
        case inspect.BoolType():
            return True
        case inspect.DateTimeType():
            return "2026-03-09T12:00:00Z"
        case _:
            return {}


NUMBERS = frozenset({"number", "numbers", "master"})
"""Fields of bodies that hold numbers of records."""
