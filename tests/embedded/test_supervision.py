"""Bundled servers that die are restarted, with retries until it succeeds."""

import asyncio
import errno
import signal

import asyncpg
import pytest
import structlog

from gateway.embedded.launcher import EmbeddedServer, EmbeddedServers
from gateway.embedded.supervision import keep_running
from gateway.timing.clock import SystemClock

CLOCK = SystemClock()


def kill(server: EmbeddedServer) -> int:
    server.child.process.send_signal(signal.SIGKILL)
    return server.child.process.pid


Watching = asyncio.Task[None]


async def until_another_answers(server: EmbeddedServer, killed: int, watching: Watching) -> None:
    while server.child.process.pid == killed or not await server.answers():
        assert not watching.done()
        await CLOCK.sleep(0.02)


async def test_killed_server_is_restarted_on_its_data() -> None:
    async with EmbeddedServers(fast=True) as embedded:
        watching = asyncio.create_task(keep_running(embedded, CLOCK))
        conn = await asyncpg.connect(embedded.database_url)
        await conn.execute("CREATE TABLE kept AS SELECT 1 AS one")
        await conn.execute("CHECKPOINT")
        for server in embedded.servers:
            await until_another_answers(server, kill(server), watching)
        conn = await asyncpg.connect(embedded.database_url)
        assert await conn.fetchval("SELECT one FROM kept") == 1
        await conn.close()
        watching.cancel()


async def test_failing_server_start_is_retried_with_growing_pauses() -> None:
    async with EmbeddedServers(fast=True) as embedded:
        postgres = embedded.servers[1]
        moved = embedded.state / "pg" / "global.away"
        with structlog.testing.capture_logs() as told:
            watching = asyncio.create_task(keep_running(embedded, CLOCK))
            (embedded.state / "pg" / "global").rename(moved)
            killed = kill(postgres)
            while len(died := [one for one in told if one["event"] == "embedded_server_died"]) < 3:
                assert not watching.done()
                await CLOCK.sleep(0.05)
            moved.rename(embedded.state / "pg" / "global")
            await until_another_answers(postgres, killed, watching)
            watching.cancel()
    assert [(one["server"], one["again_in"]) for one in died] == [
        ("PostgreSQL", 0.0),
        ("PostgreSQL", 1.0),
        ("PostgreSQL", 2.0),
    ]
    assert "global" in died[-1]["said"]


async def test_full_disk_at_restart_does_not_end_supervision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with EmbeddedServers(fast=True) as embedded:
        valkey, restart, tried = embedded.servers[0], embedded.restart, []

        async def no_room_at_first(server: EmbeddedServer) -> None:
            tried.append(server)
            if len(tried) == 1:
                raise OSError(errno.ENOSPC, "No space left on device")
            await restart(server)

        monkeypatch.setattr(embedded, "restart", no_room_at_first)
        watching = asyncio.create_task(keep_running(embedded, CLOCK))
        await until_another_answers(valkey, kill(valkey), watching)
        watching.cancel()
        await asyncio.wait({watching})
    assert len(tried) == 2
