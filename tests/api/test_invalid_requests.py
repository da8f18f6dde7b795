import gzip
import inspect
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway import errors
from gateway.api.description.addresses import described_endpoints
from gateway.api.description.paths import strip_patterns
from gateway.api.records.feed import ChangeFeed
from gateway.api.routes import list_routes
from gateway.web.problems import PROBLEMS
from tests.support.api import Api
from tests.support.clock import FakeClock

INCIDENTS = "/api/v1/incidents"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"title": 1}', b'{"title": "a\\u0000b"}',
        b'{"title": "\\ud800"}', b'{"title": "a", "state": "closed"}', b"[" * 100_000,
        b'{"title": NaN}', '{"title": "x"}'.encode("utf-16"), b'{"title": "a", "labels": {"a": 1}}',
        b'{"title": "a", "occurred_at": "99999-01-01T00:00:00Z"}',
        b'{"title": "' + b"x" * 2_000 + b'"}', b'{"title": "' + b"x" * 300_000 + b'"}',
        b'{"title": "a", "occurred_at": "2026-03-02T12:00:00"}',
    ],
)  # fmt: skip
async def test_invalid_body_returns_400_or_413(api: Api, body: bytes) -> None:
    answer = await api.raw(
        "POST", INCIDENTS, data=body, headers={"Content-Type": "application/json"}
    )
    problem = await answer.json(content_type="application/problem+json")
    assert answer.status in {400, 413}
    assert problem["status"] == answer.status
    assert problem["instance"].startswith("urn:uuid:")


async def test_escaped_backslash_before_u0000_is_plain_text(api: Api) -> None:
    assert (await api.incident(title="C:\\u0000"))["title"] == "C:\\u0000"


async def test_compressed_body_and_foreign_charset_return_400(api: Api) -> None:
    packed = gzip.compress(b'{"title": "packed"}')
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for body in (packed, b"not gzip"):
        assert (await api.raw("POST", INCIDENTS, data=body, headers=headers)).status == 400
    foreign = {"Content-Type": "application/json; charset=utf-16"}
    assert (await api.raw("POST", INCIDENTS, data=b"{}", headers=foreign)).status == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=1&limit=2",
        "sort=title",
        "cursor=x",
        "cursor=W10",
        "unknown=1",
        "priority=9",
        "q=%00",
    ],
)
async def test_invalid_query_returns_400(api: Api, query: str) -> None:
    assert (await api.call("GET", f"{INCIDENTS}?{query}"))[0] == 400


@pytest.mark.parametrize("after", ["x", "1.2", "99999999999999999999.1.1", "1.2.3.4", "-1.0.0"])
async def test_invalid_feed_cursor_returns_400(api: Api, after: str) -> None:
    assert (await api.call("GET", f"/api/v1/changes?after={after}"))[0] == 400


async def test_validation_error_has_a_pointer(api: Api) -> None:
    _, problem = await api.call("POST", INCIDENTS, {"title": "a", "labels": {"a": 1}})
    assert problem["errors"][0]["pointer"].startswith("/labels")


async def test_router_errors_are_problem_documents(api: Api) -> None:
    status, problem = await api.call("GET", "/nothing")
    assert (status, problem["type"]) == (404, "/problems/http")
    answer = await api.raw("TRACE", INCIDENTS)
    assert (answer.status, answer.content_type) == (405, "application/problem+json")


async def test_every_operation_refuses_missing_and_insufficient_keys(api: Api) -> None:
    for route in list_routes(ChangeFeed()):
        if route.scope is None:
            continue
        path = strip_patterns(route.path).format(
            number="INC-20260302-000001",
            system="itsm",
            id="1",
            login="ann",
            slug="dba",
            name="db1",
            integration="i",
            source="s",
            message="opened",
            channel="smtp",
            locale="en",
            role="leader",
        )
        assert (await api.client.request(route.method, path)).status == 401
        for scope in api.keys:
            if scope not in {route.scope, "admin"}:
                status, problem = await api.call(route.method, path, {}, scope=scope)
                assert (status, problem["type"]) == (403, "/problems/forbidden")


BODIES = sorted(
    {r.request_body for r in list_routes(ChangeFeed()) if isinstance(r.request_body, type)},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
def test_every_body_schema_forbids_unknown_fields(kind: type) -> None:
    _, parts = msgspec.json.schema_components([kind])
    objects = {
        name: part
        for name, part in parts.items()
        if part.get("type") == "object" and "properties" in part
    }
    assert objects
    assert [
        name for name, part in objects.items() if part.get("additionalProperties") is not False
    ] == []


async def test_undecodable_headers_are_tolerated(api: Api) -> None:
    headers = {"Idempotency-Key": "k\udce4", "If-Match": "\udce4\udcfc"}
    answer = await api.raw("POST", INCIDENTS, json={"title": "x"}, headers=headers)
    assert answer.status == 201


async def test_keys_are_accepted_only_in_headers(api: Api) -> None:
    key = api.keys["read"]
    assert (await api.client.get(f"{INCIDENTS}?key={key}")).status == 400
    for headers in ({"X-Api-Key": key}, {"Authorization": f"GenieKey {key}"}):
        assert (await api.client.get(INCIDENTS, headers=headers)).status == 200
    for wrong in ("", "x", key[:-1], key[:-1] + "_", "Ä" * 60):
        assert (await api.client.get(INCIDENTS, headers={"X-Api-Key": wrong})).status == 401


async def test_revoked_or_expired_key_is_refused_within_five_seconds(
    api: Api, clock: FakeClock
) -> None:
    soon = (clock.at + timedelta(seconds=20)).isoformat()
    made = [
        (await api.call("POST", "/api/v1/keys", {"name": "k", "scopes": ["read"]} | more))[1]
        for more in ({}, {"expires_at": soon})
    ]
    revoked, expiring = ({"X-Api-Key": one["key"]} for one in made)
    assert [(await api.client.get(INCIDENTS, headers=h)).status for h in (revoked, expiring)] == [
        200,
        200,
    ]
    assert (await api.call("DELETE", f"/api/v1/keys/{made[0]['info']['id']}"))[0] == 204
    clock.advance(timedelta(seconds=5))
    assert [(await api.client.get(INCIDENTS, headers=h)).status for h in (revoked, expiring)] == [
        401,
        200,
    ]
    clock.advance(timedelta(seconds=16))
    assert (await api.client.get(INCIDENTS, headers=expiring)).status == 401
    _, listed = await api.call("GET", "/api/v1/keys")
    assert made[0]["key"] not in str(listed)


async def test_openapi_document_matches_route_table(api: Api) -> None:
    answer = await api.client.get("/openapi.json")
    paths = (await answer.json())["paths"]
    routes = [
        route for route in api.client.app.router.routes() if route.method not in {"HEAD", "*"}
    ]
    served = {
        (route.method, strip_patterns(route.resource.canonical))
        for route in routes
        if route.resource is not None
    }
    described = {
        (method.upper(), path) for path, operations in paths.items() for method in operations
    }
    assert served <= described
    assert described - served <= {(one.method, one.path) for one in described_endpoints()}
    page = await api.client.get("/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    text = await page.text()
    assert "<script" not in text
    assert all(f'id="{name}"' in text for name in re.findall(r'href="#(\w+)"', text))
    assert all(
        f'id="{name}"' in text
        for name in ("NewIncident", "IncidentView", "Problem", "RecordChangePage")
    )


def test_every_error_code_is_documented() -> None:
    codes = {
        kind.code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.GatewayError)
    }
    assert codes <= PROBLEMS.keys()
    text = (Path(__file__).parents[2] / "docs" / "problems.md").read_text("utf-8")
    assert all(f"\n## {code}\n" in text for code in PROBLEMS)
