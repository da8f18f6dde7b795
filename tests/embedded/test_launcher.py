"""The bundled servers as they are used: started, crashed, refused."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from gateway.embedded import launcher
from gateway.embedded.account import service_account
from gateway.embedded.binaries import (
    postgres_directory,
    reachable_postgres,
    reachable_valkey,
    valkey_program,
)
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

ONCE = """
import asyncio, os, sys
from pathlib import Path
from gateway.embedded.launcher import EmbeddedServers

if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[2]))

async def main():
    async with EmbeddedServers(Path(sys.argv[1]), fast=True):
        pass

asyncio.run(main())
"""


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory that does not exist yet, where the service account may go."""
    home = Path(tempfile.mkdtemp(prefix="gateway-test-", dir="/tmp"))
    home.chmod(0o711)
    yield home / "state"
    shutil.rmtree(home)


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


async def test_data_of_other_major_version_is_refused_and_kept(state: Path) -> None:
    async with EmbeddedServers(state, fast=True):
        pass
    (state / "pg" / "PG_VERSION").write_text("14\n")
    with pytest.raises(Misconfigured, match="was made by PostgreSQL 14 and this is"):
        await EmbeddedServers(state, fast=True).start()
    assert (state / "pg" / "global").is_dir()


async def test_killed_parent_leaves_no_orphan_and_no_damage(state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(state)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        servers = [int(pid) for pid in parent.stdout.readline().split()]
        ends = [os.pidfd_open(pid) for pid in servers]
        parent.kill()
    assert len(servers) == 2
    for end in ends:
        await_end(end)
    async with EmbeddedServers(state, fast=True) as restarted:
        connection = await asyncpg.connect(restarted.database_url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert "not properly shut down" not in (state / "servers.log").read_text()


def await_end(pidfd: int) -> None:
    """Return once the process is gone; fails after ten seconds."""
    readable, _, _ = select.select([pidfd], [], [], 10)
    os.close(pidfd)
    assert readable, "the server outlived its parent by ten seconds"


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


async def test_programs_in_private_home_are_copied_and_home_stays_private(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = state.parent / "home"
    package = postgres_directory().parent.parent
    valkey = valkey_program()
    shutil.copytree(package, home / package.name, symlinks=True)
    shutil.copytree(package.with_name(package.name + ".libs"), home / (package.name + ".libs"))
    shutil.copy2(valkey, home / "valkey-server")
    home.chmod(0o700)
    monkeypatch.setenv("GATEWAY_POSTGRES_BIN", str(home / package.name / "pginstall" / "bin"))
    monkeypatch.setenv("GATEWAY_VALKEY_BIN", str(home / "valkey-server"))
    async with EmbeddedServers(state, fast=True):
        assert (state / "bin").exists() == (service_account() is not None)
    assert home.stat().st_mode & 0o777 == 0o700


def test_unprivileged_user_can_run_servers(state: Path) -> None:
    account = service_account()
    state.parent.chmod(0o777)
    environment = {
        **os.environ,
        "GATEWAY_POSTGRES_BIN": str(
            reachable_postgres(postgres_directory(), account, state.parent)
        ),
        "GATEWAY_VALKEY_BIN": str(reachable_valkey(valkey_program(), account, state.parent)),
    }
    identity = [str(account.uid), str(account.gid)] if account else []
    done = subprocess.run(
        [sys.executable, "-c", ONCE, str(state), *identity],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert state.stat().st_uid == (account.uid if account else os.geteuid())
