"""The health probes say whether the process works and whether it is ready for requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, generate_latest

from gateway.api.health import Health, render_metrics
from gateway.db.pool import Pool
from gateway.observe.metrics import Metrics
from gateway.timing.clock import SystemClock


@dataclass
class Parts:
    """The states of the parts that the probes check."""

    timers: bool = True
    intake: bool = True
    notifier: bool = True
    failing: list[str] = field(default_factory=list)


@pytest.fixture
def parts() -> Parts:
    return Parts()


Ask = Callable[[str], Awaitable[tuple[int, Any]]]


@pytest.fixture
async def ask(pool: Pool, parts: Parts) -> AsyncIterator[Ask]:
    health = Health(
        pool,
        lambda: parts.timers,
        lambda: parts.intake,
        lambda: parts.notifier,
        lambda: parts.failing,
    )
    app = web.Application()
    app.add_routes(health.routes())
    async with TestClient(TestServer(app)) as client:

        async def asked(path: str) -> tuple[int, Any]:
            answer = await client.get(path)
            return answer.status, await answer.json()

        yield asked


async def test_healthy_process_is_alive_and_ready(ask: Ask) -> None:
    assert await ask("/healthz") == (200, {"status": "alive"})
    assert (await ask("/readyz"))[0] == 200


async def test_failed_task_fails_both_probes(ask: Ask, parts: Parts) -> None:
    parts.failing = ["upkeep"]
    assert await ask("/healthz") == (503, {"status": "failing", "tasks": ["upkeep"]})
    status, told = await ask("/readyz")
    assert (status, told["tasks"], told["database"]) == (503, False, True)


@pytest.mark.parametrize("part", ["timers", "intake", "notifier"])
async def test_waiting_part_makes_process_unready_but_alive(
    ask: Ask, parts: Parts, part: str
) -> None:
    setattr(parts, part, False)
    assert (await ask("/healthz"))[0] == 200
    status, told = await ask("/readyz")
    assert (status, told[part], told["status"]) == (503, False, "not ready")


async def test_metrics_exposition_yields_between_families() -> None:
    metrics = Metrics(CollectorRegistry(), ["generic"])
    metrics.outcomes.create_series_of(f"group-{n}" for n in range(100))
    loop, turns = asyncio.get_running_loop(), [0]

    def other() -> None:
        turns[0] += 1
        if turns[0] < 10_000:
            loop.call_soon(other)

    loop.call_soon(other)
    text = await render_metrics(metrics)
    assert len(list(metrics.registry.collect())) <= turns[0] < 10_000
    turns[0] = 10_000
    assert text == generate_latest(metrics.registry) + generate_latest(metrics.by_route)


async def test_metrics_exposition_of_many_routes_does_not_block_event_loop() -> None:
    metrics, clock = Metrics(CollectorRegistry()), SystemClock()
    for number in range(1_000):
        metrics.http_seconds.labels(f"/{number}", "GET", "2xx").observe(0.1)
    turns: list[float] = []

    async def other() -> None:
        while True:
            turns.append(clock.monotonic())
            await asyncio.sleep(0)  # noqa: TID251 - notes when the loop has its turns

    counting = asyncio.create_task(other())
    began = clock.monotonic()
    await render_metrics(metrics)
    lengthy = clock.monotonic() - began
    counting.cancel()
    assert max(after - before for before, after in pairwise(turns)) < lengthy / 4
