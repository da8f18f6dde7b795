"""A child process ends with its parent, even where the kernel cannot ensure that."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded import child as embedded_child
from gateway.embedded.child import EmbeddedProcess, start_watcher
from gateway.embedded.launcher import EmbeddedServers
from gateway.errors import Unavailable

SERVER = (
    "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(3)); "
    "print(flush=True); sys.stdin.read()"
)
"""A program that stops in order at SIGINT, as servers do.

It does so even if the parent was started with SIGINT ignored, as shells start background jobs.
"""


def test_watcher_stops_child_when_parent_pipe_closes() -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as ward,
        start_watcher(ward.pid) as watcher,
    ):
        assert ward.stdout is not None
        ward.stdout.readline()
        assert watcher.stdin is not None
        watcher.stdin.close()
        assert ward.wait(10) == 3
        assert watcher.wait(10) == 0


IGNORING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.write(int(sys.argv[1]), b"!")
signal.pause()
"""
"""A program that ignores SIGINT, and writes `!` once it does."""

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
    """Wait until the process is gone; fail after ten seconds."""
    readable, _, _ = select.select([pidfd], [], [], 10)
    os.close(pidfd)
    assert readable, "the server outlived its parent by ten seconds"


@pytest.fixture
def lock() -> Iterator[tuple[int, int]]:
    """A pipe whose second end the child keeps open."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_stopped_child_is_reported_with_last_line_of_its_log(
    tmp_path: Path, lock: tuple[int, int]
) -> None:
    program = [sys.executable, "-c", "print('starting'); print('no room'); raise SystemExit(7)"]
    child = EmbeddedProcess("Server", program, None, tmp_path / "log", lock[1])
    child.wait()
    with pytest.raises(Unavailable, match="Server stopped with status 7: no room: see"):
        child.check()


def test_child_that_ignores_its_stop_is_killed(
    tmp_path: Path, lock: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_child, "STOP_WITHIN", 0.1)
    program = [sys.executable, "-c", IGNORING, str(lock[1])]
    child = EmbeddedProcess("Server", program, None, tmp_path / "log", lock[1])
    assert os.read(lock[0], 1) == b"!"
    child.check()
    child.request_stop()
    child.wait()
    assert child.process.returncode == -signal.SIGKILL
