"""Every route of a gateway as a target of attack.

A target has an existing path, the bodies it accepts, and a valid key.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from gateway.access.keys import Scope
from gateway.api.description.addresses import (
    described_endpoints,
)
from gateway.api.records.feed import ChangeFeed
from gateway.api.route import Route
from gateway.api.routes import list_routes
from gateway.app.reports import REPORTS
from gateway.channels.chat.providers import PROVIDERS as CHATS
from gateway.channels.email.http import WAYS as MAIL_WAYS
from gateway.channels.phone.providers import PROVIDERS as PHONES
from gateway.ingest.sources import SOURCES
from gateway.web.described_endpoint import FORM, JSON, PARTS, DescribedEndpoint, KeyLocation
from tests.hostile.samples import captured, fitting

WAYS: Mapping[str, Sequence[str]] = {
    "/ingest/{source}": [source.slug for source in SOURCES],
    "/ingest/email/{way}": sorted(MAIL_WAYS),
    "/ingest/chat/{provider}": [provider.slug for provider in CHATS],
    "/ingest/phone/{provider}": sorted(PHONES),
    **{f"/ingest/phone/{slug}/{{event}}": sorted(one.events) for slug, one in PHONES.items()},
    "/api/v1/keys/{id}": ["999999"],
    "/api/v1/me/keys/{id}": ["999999"],
    "/integrations/v1/{type}": ["grafana", "alertmanager", "formatted_webhook", "webhook"],
}
"""Values of a path parameter that each lead to different code.

The revoked key ID does not exist, so the keys of the attack stay valid.
"""

LARGE, SMALL = 2_097_152, 262_144
"""The largest body that intake and the API read, in bytes."""

SENDERS = {
    "/v2/enqueue": "pagerduty", "/v2/change/enqueue": "pagerduty", "/generic": "pagerduty_v1",
    "/v2/alerts": "opsgenie", "/api/v2/alerts": "alertmanager_v2",
    "/api/v2/prometheusalertmanager": "alertmanager", "/api/v2/grafana": "grafana_legacy",
    "/api/v2/generic": "goalert", "/integrations": "oncall", "/process-event": "icinga",
    "/v2/heartbeats": "opsgenie",
}  # fmt: skip
"""The source whose captured requests fit an address, by the beginning of its path."""

KEYED = ("routing_key", "service_key")
"""Members of a body that hold a key."""


@dataclass(frozen=True, slots=True)
class World:
    """The existing objects: values of path parameters by name, and keys by scope."""

    parts: Mapping[str, str]
    keys: Mapping[Scope, str]


@dataclass(frozen=True, slots=True)
class Target:
    """A route under attack.

    `kind` or `samples` give valid bodies, `forms` are the accepted form types beside JSON.
    """

    method: str
    path: str
    largest: int
    headers: Mapping[str, str]
    kind: Any = None
    samples: tuple[Any, ...] = ()
    forms: tuple[str, ...] = ()
    query: tuple[str, ...] = ()

    @property
    def takes_body(self) -> bool:
        """True if requests to this target have a body."""
        return self.method in {"POST", "PUT", "PATCH"}

    def body(self, chance: Random) -> Any:
        """Return a valid body."""
        return (
            chance.choice(self.samples)
            if self.samples
            else {}
            if self.kind is None
            else fitting(self.kind, chance)
        )


def targets(served: Sequence[tuple[str, str]], world: World) -> list[Target]:
    """Return every served route, undescribed ones too."""
    of_table = {
        (route.method, _bare(route.path)): route for route in (*list_routes(ChangeFeed()), *REPORTS)
    }
    of_addresses = {(one.method, _bare(one.path)): one for one in described_endpoints()}
    found: list[Target] = []
    for method, canonical in served:
        if method in {"HEAD", "*"}:
            continue
        known = of_table.get((method, canonical)) or of_addresses.get((method, canonical))
        known = known or DescribedEndpoint(
            method, canonical, "An address that is not described", request_body=(JSON,)
        )
        found += _of_route(known, world) if isinstance(known, Route) else _of_address(known, world)
    return found


def _bare(path: str) -> str:
    """Return the path without the patterns of its parameters, as aiohttp's resource has it."""
    return re.sub(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}", r"{\1}", path)


def _of_route(route: Route, world: World) -> Iterator[Target]:
    kind = next(
        (
            kind
            for kind in (route.request_body, route.reads, route.quarantined_body)
            if kind is not None
        ),
        None,
    )
    scope = Scope.INGEST if route.path.startswith("/ingest") else Scope.ADMIN
    query = tuple(one for one in getattr(route.query, "__struct_encode_fields__", ()))
    for path in _paths(_bare(route.path), world):
        yield Target(
            route.method,
            path,
            LARGE if route.request_body is None else SMALL,
            _authorised(world, scope),
            kind,
            query=query,
        )


def _of_address(address: DescribedEndpoint, world: World) -> Iterator[Target]:
    scope = (
        Scope.ADMIN
        if address.key
        in {KeyLocation.READ, KeyLocation.WRITE, KeyLocation.PATH_READ, KeyLocation.PATH_WRITE}
        else Scope.INGEST
    )
    headers = (
        _authorised(world, scope) if address.key not in {KeyLocation.NONE, KeyLocation.BODY} else {}
    )
    known = captured()
    for path in _paths(address.path, world):
        in_query = f"?token={world.keys[Scope.INGEST]}" if path.endswith("/incoming") else ""
        slug = next(
            (slug for start, slug in SENDERS.items() if path.startswith(start)),
            path.split("/")[2:3] and path.split("/")[2],
        )
        samples = (
            [_with_key(body, world) for body in known.get(str(slug), [{}])]
            if JSON in address.request_body
            else [{}]
        )
        forms = tuple(media for media in address.request_body if media in {FORM, PARTS})
        yield Target(
            address.method,
            path + in_query,
            LARGE,
            headers,
            samples=tuple(samples),
            forms=forms,
            query=address.query_names,
        )


def _authorised(world: World, scope: Scope) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.keys[scope]}"}


def _with_key(body: Any, world: World) -> Any:
    """Return the body with a valid key, if its sender puts the key into the body."""
    if isinstance(body, dict) and (names := [name for name in KEYED if name in body]):
        return body | {names[0]: world.keys[Scope.INGEST]}
    return body


def _paths(path: str, world: World) -> Iterator[str]:
    """Yield the path with each of its parameters filled.

    A parameter whose values lead to different code gives one path for each value.
    """
    part = re.search(r"\{(\w+)\}", path)
    if part is None:
        yield path
        return
    for value in WAYS.get(path[: part.end()]) or [world.parts.get(part[1], "a")]:
        yield from _paths(path[: part.start()] + value + path[part.end() :], world)
