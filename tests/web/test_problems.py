import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.db.pool import Pool
from gateway.errors import Conflict, GatewayError, Malformed, Overloaded, Unavailable
from gateway.web import edge
from gateway.web.deadlines import Deadlines
from tests.support.api import Api
from tests.support.clock import FakeClock

SECRET = "/etc/secret SELECT 1"


class Odd(GatewayError):
    code = "odd"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Malformed("x"), 400), (Conflict("x"), 409), (Overloaded("x"), 503),
        (Unavailable("x"), 503), (Odd(SECRET), 500), (asyncpg.SerializationError(SECRET), 503),
        (asyncpg.CannotConnectNowError(SECRET), 503), (asyncpg.DataError(SECRET), 422),
        (asyncpg.InterfaceError(SECRET), 503), (TimeoutError(SECRET), 503),
        (asyncpg.UndefinedTableError(SECRET), 500), (RuntimeError(SECRET), 500),
        (RecursionError(SECRET), 500), (web.RequestPayloadError(SECRET), 400),
        (web.HTTPRequestEntityTooLarge(1, 2), 413),
    ],
)  # fmt: skip
async def test_every_error_becomes_a_problem_without_internal_details(
    error: Exception, status: int, clock: FakeClock
) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise error

    app = web.Application()
    app.add_routes(edge.wrap_routes([web.get("/", fail)], clock, lambda *_: None, Deadlines(60)))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/")
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["status"]) == (status, status)
        assert {"type", "title", "status", "detail", "instance", "errors"} <= problem.keys()
        assert SECRET not in await answer.text()
        assert ("Retry-After" in answer.headers) == (status == 503)
        if status == 503:
            assert 1 <= int(answer.headers["Retry-After"]) <= 5


async def test_every_answer_has_security_headers_and_no_banner(api: Api) -> None:
    for method, path in (
        ("GET", "/api/v1/incidents"),
        ("GET", "/nothing"),
        ("GET", "/docs"),
        ("TRACE", "/docs"),
    ):
        answer = await api.raw(method, path)
        assert edge.HEADERS.keys() <= answer.headers.keys()
        assert "ython" not in answer.headers["Server"]


async def test_unknown_field_is_refused_with_pointer(api: Api) -> None:
    _, problem = await api.call("POST", "/api/v1/incidents", {"title": "a", "tenant_id": 1})
    assert [flaw["pointer"] for flaw in problem["errors"]] == ["/tenant_id"]


async def test_key_in_any_query_parameter_is_refused(api: Api) -> None:
    assert (await api.call("GET", f"/api/v1/incidents?q={api.keys['read']}"))[0] == 400


async def test_lost_database_returns_503(api: Api, pool: Pool) -> None:
    pool.terminate()
    status, problem = await api.call("GET", "/api/v1/incidents")
    assert (status, problem["type"]) == (503, "/problems/unavailable")
