"""Worker processes are forked by a parent process that is kept for it.

No worker outlives the gateway that it reads for.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import Unavailable
from gateway.ingest.workers import forker as forking
from gateway.ingest.workers import process
from gateway.ingest.workers.forker import WorkerForker
from gateway.ingest.workers.process import ParseWorker
from gateway.ingest.workers.protocol import TooCostly
from tests.ingest.workers import jobs
from tests.support.process import ended


@pytest.fixture
async def forker() -> AsyncIterator[WorkerForker]:
    made = WorkerForker()
    yield made
    made.close()


@pytest.fixture
async def reader(forker: WorkerForker) -> AsyncIterator[ParseWorker]:
    made = ParseWorker("test", forker)
    yield made
    await made.close()


async def test_workers_share_parent_and_end_independently(
    forker: WorkerForker, reader: ParseWorker
) -> None:
    other = ParseWorker("other", forker)
    first, second = await reader.call("a", 5, jobs.process), await other.call("a", 5, jobs.process)
    assert parent(first) == parent(second) != os.getpid()
    await other.close()
    await ended(second)
    assert await reader.call("a", 5, jobs.process) == first


async def test_killed_parent_ends_workers_and_is_replaced(reader: ParseWorker) -> None:
    first = await reader.call("a", 5, jobs.process)
    before = parent(first)
    os.kill(before, signal.SIGKILL)
    await ended(first)
    assert parent(await reader.call("a", 5, jobs.process)) != before


async def test_stopped_parent_is_replaced(
    reader: ParseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await reader.call("a", 5, jobs.process)
    before = parent(first)
    os.kill(before, signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    monkeypatch.setattr(process, "CALL_TIMEOUT_S", 0.2)
    with pytest.raises(Unavailable, match="not read in time"):
        await reader.call("a", 5, jobs.process)
    monkeypatch.undo()
    await ended(before)
    assert parent(await reader.call("a", 5, jobs.process)) != before


async def test_closing_forker_and_reader_ends_all_workers(
    forker: WorkerForker, reader: ParseWorker
) -> None:
    first = await reader.call("a", 5, jobs.process)
    working = asyncio.create_task(reader.call("a", 0.2, jobs.endless_in_c))
    await asyncio.wait({working}, timeout=0.05)
    forker.close()
    await reader.close()
    with pytest.raises((Unavailable, TooCostly)):
        await working
    await ended(first)


async def test_failed_process_start_raises_unavailable_and_recovers(
    reader: ParseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "ROOT", Path("/nowhere"))
    with pytest.raises(Unavailable, match="no process can be started"):
        await reader.call("a", 5, jobs.process)
    monkeypatch.undo()
    assert await reader.call("a", 5, jobs.doubled, 1) == 2


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
