"""Tests of the headers, errors and measurements that all responses have in common."""

import time
import timeit
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from aiohttp.helpers import parse_content_type
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from gateway.errors import Malformed, Unavailable
from gateway.network.addresses import parse_networks
from gateway.web import edge
from gateway.web.deadlines import Deadlines
from tests.support.clock import FakeClock
from tests.support.patterns import UNITS


async def fine(_: web.Request) -> web.Response:
    return web.Response(headers={"Cache-Control": "max-age=60"})


async def ailing(_: web.Request) -> web.Response:
    raise Unavailable("not now")


@pytest.fixture
async def served(clock: FakeClock) -> AsyncIterator[Any]:
    answers: list[tuple[str, str, int]] = []
    app = web.Application()
    definitions = [
        web.get("/things/{name}", fine),
        web.post("/ailing", ailing),
        web.post("/ingest/{source}", ailing),
    ]
    app.add_routes(
        edge.wrap_routes(
            definitions,
            clock,
            lambda route, method, status, _: answers.append((route, method, status)),
            Deadlines(60),
        )
    )
    async with TestClient(TestServer(app)) as client:
        yield client, answers


async def test_unknown_path_returns_404_and_wrong_method_405_with_allow(served: Any) -> None:
    client, _ = served
    for path in ("/nothing/here", "/", "/line%0Abreak", "/things/a/b"):
        unknown = await client.get(URL(path, encoded=True))
        assert (unknown.status, unknown.content_type) == (404, "application/problem+json")
    wrong = await client.delete("/things/one")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")
    assert (await wrong.json(content_type="application/problem+json"))["status"] == 405


async def test_every_answer_has_security_headers_and_keeps_its_own(served: Any) -> None:
    client, _ = served
    for method, path in (
        ("GET", "/things/one"),
        ("POST", "/ailing"),
        ("POST", "/ingest/x"),
        ("GET", "/nothing"),
    ):
        answer = await client.request(method, path)
        assert edge.HEADERS.keys() <= answer.headers.keys()
    assert (await client.get("/things/one")).headers["Cache-Control"] == "max-age=60"


async def test_slow_to_parse_content_type_is_refused(served: Any) -> None:
    client, _ = served
    for media in ("(" * 6_000, "(a)", "text/" + "a" * 300):
        assert (await client.post("/ingest/x", headers={"Content-Type": media})).status == 400


@pytest.mark.parametrize("unit", UNITS)
def test_accepted_content_type_is_parsed_quickly(unit: str) -> None:
    media = (unit * edge.LONGEST_TYPE)[: edge.LONGEST_TYPE]
    with suppress(Malformed):
        edge.require_plain_type(media)
        timer = timeit.Timer(lambda: parse_content_type(media), timer=time.thread_time)
        assert min(timer.repeat(repeat=3, number=1)) < 0.1


async def test_no_cross_origin_access_is_allowed(served: Any) -> None:
    client, _ = served
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, path in (
        ("GET", "/things/one"),
        ("OPTIONS", "/things/one"),
        ("POST", "/ailing"),
        ("GET", "/nothing"),
    ):
        answer = await client.request(method, path, headers=asked)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    ("external_url", "strict"),
    [("https://g.example", True), ("http://g.example", False), ("", False)],
)
async def test_hsts_header_is_sent_only_with_https_url(
    clock: FakeClock, external_url: str, *, strict: bool
) -> None:
    app = web.Application()
    app.add_routes(
        edge.wrap_routes(
            [web.get("/one", fine)],
            clock,
            lambda *_: None,
            Deadlines(60),
            external_url=external_url,
        )
    )
    async with TestClient(TestServer(app)) as client:
        for path in ("/one", "/nothing"):
            answer = await client.get(path)
            assert (
                "max-age=31536000" in answer.headers.get("Strict-Transport-Security", "")
            ) is strict


async def test_answers_are_measured_by_route_template_except_intake(served: Any) -> None:
    client, answers = served
    for method, path in (
        ("GET", "/things/one"),
        ("POST", "/ailing"),
        ("POST", "/ingest/x"),
        ("GET", "/nothing"),
    ):
        await client.request(method, path)
    assert answers == [
        ("/things/{name}", "GET", 200),
        ("/ailing", "POST", 503),
        ("none", "GET", 404),
    ]


async def whose(request: web.Request) -> web.Response:
    return web.json_response([request.remote, request.match_info["name"], await request.text()])


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [(["127.0.0.0/8"], "198.51.100.7"), (["10.0.0.0/8"], "127.0.0.1"), ([], "127.0.0.1")],
)
async def test_client_address_is_taken_from_trusted_proxy_only(
    clock: FakeClock, proxies: list[str], seen: str
) -> None:
    app = web.Application()
    app.add_routes(
        edge.wrap_routes(
            [web.post("/of/{name}", whose)],
            clock,
            lambda *_: None,
            Deadlines(60),
            parse_networks(proxies),
        )
    )
    async with TestClient(TestServer(app)) as client:
        answer = await client.post(
            "/of/ann", data="body", headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.7"}
        )
        assert await answer.json() == [seen, "ann", "body"]
