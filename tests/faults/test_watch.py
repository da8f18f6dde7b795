"""The watch tells once that the gateway is in trouble, and once that it is over.

PostgreSQL is stopped, or the serving process is killed as often as it is started. Nothing of it
goes through the database or the serving process.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.embedded.launcher import EmbeddedServers
from tests.support.process import CLOCK, Replica, children
from tests.support.servers import freeze_server

CONFIG = """
[watch]
ping_url = "{url}/ping"
ping_every = "1s"
every = "1s"
after = "2s"
allow_private = true
fallback = ["webhook:{url}/hook"]
"""
PATIENCE = 60.0


@dataclass
class Outside:
    """The outside: the pings that arrived, and the subjects of the messages."""

    url: str = ""
    pings: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep what arrives."""
        if request.path == "/hook":
            self.subjects.append((await request.json())["data"]["subject"].partition("] ")[2])
        else:
            self.pings.append(request.path.removeprefix("/ping") + await request.text())
        return web.Response(text="OK")

    async def until_pinged(self, ping: str) -> None:
        """Wait until the next ping with this text arrives."""
        self.pings.clear()
        async with asyncio.timeout(PATIENCE):
            while ping not in self.pings:
                await CLOCK.sleep(0.1)

    async def until_told(self, count: int) -> None:
        """Wait until so many messages arrived."""
        async with asyncio.timeout(PATIENCE):
            while len(self.subjects) < count:
                await CLOCK.sleep(0.1)


@asynccontextmanager
async def watched(servers: EmbeddedServers, folder: Path) -> AsyncIterator[tuple[Replica, Outside]]:
    """Run a gateway with a watch until the first ping said that all is well."""
    outside, app = Outside(), web.Application()
    app.router.add_post("/{tail:.*}", outside.take)
    async with TestServer(app) as server:
        outside.url = str(server.make_url("")).rstrip("/")
        config = CONFIG.format(url=outside.url)
        gateway = Replica(servers.database_url, servers.redis_url, folder, config)
        try:
            await gateway.start()
            await outside.until_pinged("")
            yield gateway, outside
        finally:
            gateway.kill()


async def metric(gateway: Replica, name: str) -> float:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gateway.url}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])


def serving(gateway: Replica) -> int | None:
    """Return the process that listens: the child with children of its own, which read mail."""
    return next((pid for pid in children(gateway.pid) if children(pid)), None)


@pytest.mark.timeout(180)
async def test_postgresql_that_is_away_is_told_once_and_its_return_once(
    own_servers: EmbeddedServers, tmp_path: Path
) -> None:
    async with watched(own_servers, tmp_path) as (gateway, outside):
        with freeze_server(own_servers, "PostgreSQL"):
            await outside.until_pinged("/faildatabase")
            await outside.until_told(1)
            await CLOCK.sleep(3)
        await outside.until_told(2)
        await outside.until_pinged("")
        await CLOCK.sleep(3)
        assert outside.subjects == [
            "trouble: PostgreSQL cannot be written to",
            "over: PostgreSQL cannot be written to",
        ]
        assert await metric(gateway, "gateway_watch_round_timestamp_seconds") > 0
        assert await metric(gateway, "gateway_watch_owed") == 0


@pytest.mark.timeout(180)
async def test_process_killed_again_and_again_is_told_once_and_its_return_once(
    own_servers: EmbeddedServers, tmp_path: Path
) -> None:
    async with watched(own_servers, tmp_path) as (gateway, outside):
        while not outside.subjects:
            if (pid := serving(gateway)) is not None:
                os.kill(pid, signal.SIGKILL)
            await CLOCK.sleep(0.2)
        await outside.until_told(2)
        await outside.until_pinged("")
        assert outside.subjects == [
            "trouble: the gateway does not serve",
            "over: the gateway does not serve",
        ]


@pytest.mark.timeout(120)
async def test_planned_stop_is_told_to_nobody(own_servers: EmbeddedServers, tmp_path: Path) -> None:
    async with watched(own_servers, tmp_path) as (gateway, outside):
        os.kill(gateway.pid, signal.SIGTERM)
        assert gateway.wait() == 0
        assert outside.subjects == []
