"""Tests of starting, crashing and refusing to start the bundled servers."""

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from gateway.embedded import launcher
from gateway.embedded.account import service_account
from gateway.embedded.launcher import EmbeddedServers
from gateway.errors import Misconfigured

PARENT = """
import asyncio, sys
from pathlib import Path
from gateway.embedded.launcher import EmbeddedServers

async def main():
    async with EmbeddedServers(Path(sys.argv[1]), fast=True) as servers:
        print(*[server.child.process.pid for server in servers.servers], flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_data_survives_restart(state: Path) -> None:
    async with EmbeddedServers(state) as servers:
        connection = await asyncpg.connect(servers.database_url)
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW max_connections") == "200"
        await connection.close()
        client = redis.asyncio.from_url(servers.redis_url)
        await client.set("kept", "1")
        await client.aclose()
    async with EmbeddedServers(state) as servers:
        connection = await asyncpg.connect(servers.database_url)
        assert await connection.fetchval("SELECT one FROM kept") == 1
        await connection.close()
        client = redis.asyncio.from_url(servers.redis_url)
        assert await client.get("kept") == b"1"
        await client.aclose()


async def test_temporary_state_is_removed_after_stop() -> None:
    async with EmbeddedServers(fast=True) as servers:
        state = servers.state
        assert (
            json.loads((state / "servers.json").read_text())["database_url"] == servers.database_url
        )
    assert not state.exists()


async def test_second_gateway_on_same_state_is_refused(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "LOCK_WITHIN", 0.1)
    async with EmbeddedServers(state, fast=True) as first:
        with pytest.raises(Misconfigured, match="in use by another gateway"):
            await EmbeddedServers(state, fast=True).start()
        connection = await asyncpg.connect(first.database_url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()


async def test_servers_restart_directly_after_parent_is_killed(state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(state)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.send_signal(signal.SIGKILL)
    async with EmbeddedServers(state, fast=True) as restarted:
        assert restarted.database_url


async def test_state_path_too_long_for_socket_is_supported(state: Path) -> None:
    deep = state.parent / ("d" * 100)
    async with EmbeddedServers(deep, fast=True) as servers:
        run = servers._run
        assert run is not None
        assert run.parent == Path("/tmp")
    assert not run.exists()


async def test_private_directory_mode_is_unchanged_for_service_account(state: Path) -> None:
    closed = state.parent / "closed"
    closed.mkdir(mode=0o700)
    with (
        contextlib.nullcontext()
        if service_account() is None
        else pytest.raises(Misconfigured, match="cannot enter")
    ):
        async with EmbeddedServers(closed / "state", fast=True):
            pass
    assert closed.stat().st_mode & 0o777 == 0o700
