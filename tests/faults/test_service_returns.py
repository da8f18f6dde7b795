"""Gateway, PostgreSQL and Valkey are killed, frozen and out of disk space under load.

The service is back within ten seconds, and nothing acknowledged is lost or doubled. An orchestrator
probes the gateway, and does not restart it for a fault of a server.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from gateway.access.keys import Scope
from gateway.db.migrate import migrate
from gateway.embedded.launcher import EmbeddedServers
from gateway.embedded.supervision import keep_running
from tests.support.full_disk import Disk, limit_file_size, small_disk
from tests.support.orchestrator import Orchestrator
from tests.support.process import (
    CLOCK,
    CUT,
    Replica,
    children,
    choose_size,
    make_key,
    print_figures,
    replicas,
)
from tests.support.sender import Sender, judge
from tests.support.servers import embedded_process, freeze_server

RATE = 300
AT_ONCE = 100
"""The limit of unacknowledged events.

Further events of a real sender wait in its own queue, not at the gateway.
"""
BACK_WITHIN = 10.0
STOPPED = 2.0
"""Seconds for which the gateway is stopped: fewer than its supervisor tolerates."""
AWAY = choose_size(4, 15)
"""Seconds for which a server is frozen or out of disk space."""


@dataclass(slots=True)
class Scene:
    """A gateway under load with servers of its own, on a disk that can be filled."""

    servers: EmbeddedServers
    disk: Disk
    gateway: Replica
    steady: Sender
    after: Sender
    orchestrator: Orchestrator

    async def outlasts(self, trouble: AbstractContextManager[None], seconds: float) -> float:
        """Let the trouble last for `seconds`.

        Return the seconds after its end until the whole service was back.
        """
        with trouble:
            await CLOCK.sleep(seconds)
        began = CLOCK.monotonic()
        async with (
            asyncio.timeout(4 * BACK_WITHIN),
            aiohttp.ClientSession(self.gateway.url) as session,
        ):
            await self.after.event("after")
            while not await self._ready(session):
                await CLOCK.sleep(0.1)
        back = CLOCK.monotonic() - began
        await CLOCK.sleep(0.5)
        return back

    async def _ready(self, session: aiohttp.ClientSession) -> bool:
        with suppress(aiohttp.ClientError):
            async with session.get("/readyz") as answer:
                return answer.status == 200
        return False


@asynccontextmanager
async def under_load(folder: Path) -> AsyncIterator[Scene]:
    stop = asyncio.Event()
    with small_disk() as disk:
        async with EmbeddedServers(disk.folder / "state") as servers:
            url = servers.database_url
            await migrate(url)
            key = await make_key(url, Scope.INGEST)
            async with (
                kept_running(servers),
                replicas(1, url, servers.redis_url, folder) as [gateway],
                Sender([gateway.url], key) as steady,
                Sender([gateway.url], key, "after", patience=0.1) as after,
                asyncio.TaskGroup() as group,
            ):
                orchestrator = Orchestrator(gateway)
                group.create_task(steady.send_at_rate(RATE, stop, patient=False, at_once=AT_ONCE))
                group.create_task(orchestrator.watch())
                yield Scene(servers, disk, gateway, steady, after, orchestrator)
                stop.set()
                orchestrator.stop()
            verdict = await judge(url, [*steady.ledger, *after.ledger])
            print_figures(
                events=len(steady.ledger), answers=steady.answers(), orchestrator=orchestrator
            )
            assert verdict.clean, verdict


@asynccontextmanager
async def kept_running(servers: EmbeddedServers) -> AsyncIterator[None]:
    keeping = asyncio.create_task(keep_running(servers, CLOCK))
    try:
        yield
    finally:
        ended = keeping.done()
        keeping.cancel()
        await asyncio.wait({keeping})
        if ended:
            keeping.result()


@contextmanager
def signalled(pid: int, number: signal.Signals) -> Iterator[None]:
    os.kill(pid, number)
    yield
    if number is signal.SIGSTOP:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def cannot_log(scene: Scene) -> Iterator[None]:
    """Give the gateway a reason to log, and no disk space for its log."""
    with limit_file_size([scene.gateway.pid, scene.gateway.serving]):
        os.kill(embedded_process(scene.servers, "PostgreSQL").process.pid, signal.SIGKILL)
        yield


@pytest.mark.timeout(choose_size(120, 300))
async def test_service_recovers_from_killed_stopped_or_log_blocked_gateway(tmp_path: Path) -> None:
    async with under_load(tmp_path) as scene:
        gateway, back = scene.gateway, {}
        back["killed"] = await scene.outlasts(signalled(gateway.serving, signal.SIGKILL), 0)
        back["stopped"] = await scene.outlasts(signalled(gateway.serving, signal.SIGSTOP), STOPPED)
        back["full disk"] = await scene.outlasts(cannot_log(scene), AWAY)
        told = gateway.log.read_text()
    print_figures(**back)
    assert '"reason": "killed"' in told
    assert max(back.values()) <= BACK_WITHIN, back


async def assert_service_recovers(
    folder: Path, server: str, full: Callable[[Scene, int], AbstractContextManager[None]]
) -> None:
    """Kill one of the servers, freeze it, and fill its disk.

    `full` fills the disk for the process with the given ID.
    """
    async with under_load(folder) as scene:
        servers, back = scene.servers, {}
        back["killed"] = await scene.outlasts(
            signalled(embedded_process(servers, server).process.pid, signal.SIGKILL), 0
        )
        back["frozen"] = await scene.outlasts(freeze_server(servers, server), AWAY)
        back["full disk"] = await scene.outlasts(
            full(scene, embedded_process(servers, server).process.pid), AWAY
        )
    print_figures(**back)
    assert max(back.values()) <= BACK_WITHIN, back
    assert scene.orchestrator.restarts == 0
    assert set(scene.steady.answers()) <= {CUT, 202, 503}


@pytest.mark.timeout(choose_size(120, 300))
async def test_service_recovers_from_killed_frozen_or_disk_full_postgresql(tmp_path: Path) -> None:
    await assert_service_recovers(tmp_path, "PostgreSQL", no_room_for)


@contextmanager
def no_room_for(scene: Scene, postgres: int) -> Iterator[None]:
    with scene.disk.full([postgres, *children(postgres)]):
        switching = asyncio.create_task(switch_wal_repeatedly(scene.servers.database_url))
        try:
            yield
        finally:
            switching.cancel()


async def switch_wal_repeatedly(url: str) -> None:
    """Switch the WAL file repeatedly; PostgreSQL stops when no disk space is left for one."""
    while True:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            conn = await asyncpg.connect(url, timeout=1)
            try:
                await conn.execute("SELECT pg_switch_wal()")
            finally:
                conn.terminate()
        await CLOCK.sleep(0.5)


@pytest.mark.timeout(choose_size(120, 300))
async def test_service_recovers_from_killed_frozen_or_disk_full_valkey(tmp_path: Path) -> None:
    await assert_service_recovers(
        tmp_path, "Valkey", lambda scene, valkey: scene.disk.full([valkey])
    )
