"""Request bodies are read after the caller is authenticated.

Other bodies are read only where they hold the key themselves, and within a budget.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import msgspec
import pytest
from aiohttp import web

from gateway.errors import Overloaded
from gateway.settings import Database, load
from gateway.timing.clock import SystemClock
from gateway.untrusted.request_bodies import BUDGETS, Budget
from tests.support.served import RunningGateway, served

READ_FIRST = {
    ("POST", "/v2/enqueue"),
    ("POST", "/v2/change/enqueue"),
    ("POST", "/generic/2010-04-15/create_event.json"),
    ("POST", "/api/v2/generic/incoming"),
    ("GET", "/api/v2/generic/incoming"),
    ("POST", "/api/v1/login"),
}
"""Routes whose body holds the credentials."""

FILL = (
    "generic",
    "1",
    "raw",
    "twilio",
    "voice",
    "slack",
    "start",
    "note",
    "in",
    "down",
    "a" * 8,
    "x.1.1.x",
    "a" * 60,
)
"""Values of path parameters; the first one that matches the parameter's pattern is used."""

WRONG = "gwk_aaaaaaaaaaaa_" + "A" * 43
UNSENT = 60_000


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings) as running:
        yield running


def every_route(app: web.Application) -> Iterator[tuple[str, str, str]]:
    """Yield method, template and a path of every route."""
    for route in app.router.routes():
        resource = route.resource
        assert resource is not None
        if resource.canonical == "/{unmatched}":
            continue
        for method in [route.method] if route.method != "*" else ["POST"]:
            yield method, resource.canonical, path_of(resource)


def path_of(resource: web.AbstractResource) -> str:
    """Return a path that matches the resource."""
    told = resource.get_info()
    if "path" in told:
        return str(told["path"])
    chosen: dict[str, str] = {}

    def choose(left: list[str]) -> str | None:
        if not left:
            made: str = told["formatter"].format_map(chosen)
            return made if told["pattern"].fullmatch(made) else None
        for value in FILL:
            chosen[left[0]] = value
            if (path := choose(left[1:])) is not None:
                return path
        return None

    path = choose(re.findall(r"{(\w+)}", told["formatter"]))
    assert path is not None, f"no value for {resource.canonical}: add one to FILL"
    return path


async def status(
    gateway: RunningGateway,
    method: str,
    path: str,
    *more: str,
    sent: bytes = b"",
    within: float = 3.0,
) -> int | None:
    """Return the status of the response to a request whose body is not sent.

    The status is None without a response.
    """
    server = gateway.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {UNSENT}", *more, "", ""]
    writer.write("\r\n".join(lines).encode() + sent)
    try:
        async with asyncio.timeout(within):
            return int((await reader.readline()).split()[1])
    except TimeoutError:
        return None
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_routes_authenticate_before_reading_body(gateway: RunningGateway) -> None:
    app = gateway.client.server.app  # type: ignore[attr-defined]
    routes = sorted(set(every_route(app)))
    assert len(routes) > 200
    media = "Content-Type: application/x-www-form-urlencoded"
    silent, answered = set(), {}
    for begin in range(0, len(routes), 50):
        some = routes[begin : begin + 50]
        for key in ((), (f"Authorization: Bearer {WRONG}",)):
            asked = (
                status(
                    gateway,
                    method,
                    path,
                    media,
                    *key,
                    within=0.5 if (method, template) in READ_FIRST else 10.0,
                )
                for method, template, path in some
            )
            statuses = await asyncio.gather(*asked)
            for (method, template, _), one in zip(some, statuses, strict=True):
                if one is None:
                    silent.add((method, template))
                else:
                    answered[method, template] = one
    assert silent == READ_FIRST
    assert {one: told for one, told in answered.items() if told >= 500} == {}


async def test_unauthenticated_bodies_share_budget_that_is_released(
    gateway: RunningGateway,
) -> None:
    budget = gateway.client.server.app[BUDGETS].strangers  # type: ignore[attr-defined]
    budget.most = budget.most_each = 100_000
    piece = b"{" * 40_000
    waiting = [
        asyncio.create_task(status(gateway, "POST", "/v2/enqueue", sent=piece, within=1.5))
        for _ in range(4)
    ]
    for task in waiting:
        await task
    assert sorted(str(task.result()) for task in waiting) == ["429", "429", "None", "None"]
    async with asyncio.timeout(5):
        while budget.held:
            await SystemClock().sleep(0.01)
    assert not budget.by_address
    assert await status(gateway, "POST", "/api/v1/login", sent=piece, within=0.5) is None
    answer = await gateway.client.get("/metrics")
    assert 'gateway_bodies_refused_total{callers="stranger"} 2.0' in await answer.text()


async def test_short_request_passes_when_budget_is_exhausted(gateway: RunningGateway) -> None:
    budget = gateway.client.server.app[BUDGETS].strangers  # type: ignore[attr-defined]
    budget.most = 0
    event = {
        "routing_key": gateway.keys["ingest"],
        "event_action": "trigger",
        "payload": {"summary": "s", "source": "h"},
    }
    assert (await gateway.post("/v2/enqueue", event, key=None)).status == 202


def test_budget_limits_each_address_and_total() -> None:
    refused: list[int] = []
    budget = Budget(10, 6, lambda: refused.append(1))
    with budget.holding("a") as a, budget.holding("b") as b:
        a(6)
        with pytest.raises(Overloaded):
            a(1)
        b(4)
        with pytest.raises(Overloaded):
            b(1)
        assert (budget.held, dict(budget.by_address)) == (10, {"a": 6, "b": 4})
    assert (budget.held, dict(budget.by_address), len(refused)) == (0, {}, 2)
