"""A hostile job ends only the worker process, and never the gateway."""

import asyncio
import os
import pickle
import signal
from collections.abc import AsyncIterator

import pytest

from gateway.errors import Malformed, Overloaded, TooLarge, Unavailable
from gateway.ingest.workers import process
from gateway.ingest.workers.process import ParseWorker
from gateway.ingest.workers.protocol import TooCostly
from gateway.vocabulary import AlertStatus
from tests.ingest.workers import jobs
from tests.support.forker import FORKER
from tests.support.process import ended


@pytest.fixture
async def reader() -> AsyncIterator[ParseWorker]:
    made = ParseWorker("test", FORKER, waiting_each=4)
    yield made
    await made.close()


async def test_values_and_errors_are_returned_unchanged(reader: ParseWorker) -> None:
    assert await reader.call("a", 5, jobs.doubled, 21) == 42
    assert await reader.call("a", 5, jobs.parsed) == jobs.parsed()
    with pytest.raises(Malformed) as told:
        await reader.call("a", 5, jobs.malformed)
    assert (told.value.detail, told.value.flaws[0].pointer) == ("it is bad", "/a")
    with pytest.raises(TooLarge):
        await reader.call("a", 5, jobs.too_large)


async def test_worker_process_is_reused(reader: ParseWorker) -> None:
    assert not reader.started
    first = await reader.call("a", 5, jobs.process)
    assert await reader.call("b", 5, jobs.process) == first != os.getpid()
    assert reader.started


async def test_timed_out_work_is_interrupted_and_worker_survives(reader: ParseWorker) -> None:
    first = await reader.call("a", 5, jobs.process)
    with pytest.raises(TooCostly):
        await reader.call("a", 0.1, jobs.endless)
    assert await reader.call("a", 5, jobs.process) == first


async def test_uninterruptible_work_ends_only_worker_process(reader: ParseWorker) -> None:
    first = await reader.call("a", 5, jobs.process)
    with pytest.raises(TooCostly):
        await reader.call("a", 0.1, jobs.endless_in_c)
    assert await reader.call("a", 5, jobs.process) != first


async def test_work_exceeding_memory_is_too_costly(reader: ParseWorker) -> None:
    with pytest.raises(TooCostly, match="memory"):
        await reader.call("a", 5, jobs.huge)
    assert await reader.call("a", 5, jobs.doubled, 1) == 2


async def test_dead_worker_is_replaced_and_work_killing_workers_is_given_up(
    reader: ParseWorker,
) -> None:
    os.kill(await reader.call("a", 5, jobs.process), signal.SIGKILL)
    assert await reader.call("a", 5, jobs.doubled, 1) == 2
    with pytest.raises(TooCostly):
        await reader.call("a", 5, jobs.killed)


async def test_silent_worker_is_given_up_and_replaced(
    reader: ParseWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = await reader.call("a", 5, jobs.process)
    os.kill(silent, signal.SIGSTOP)
    monkeypatch.setattr(process, "CALL_TIMEOUT_S", 0.2)
    with pytest.raises(Unavailable, match="not read in time"):
        await reader.call("a", 5, jobs.doubled, 1)
    monkeypatch.undo()
    await ended(silent)
    assert await reader.call("a", 5, jobs.doubled, 1) == 2


async def test_cancelled_call_keeps_worker_and_delays_nobody_beyond_timeout(
    reader: ParseWorker,
) -> None:
    first = await reader.call("a", 5, jobs.process)
    waiting = asyncio.create_task(reader.call("a", 0.5, jobs.endless))
    await asyncio.wait({waiting}, timeout=0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await reader.call("a", 5, jobs.process) == first


async def test_worker_can_be_started_in_advance(reader: ParseWorker) -> None:
    await reader.start()
    assert reader.started
    assert await reader.call("a", 5, jobs.doubled, 1) == 2


async def test_senders_take_turns_and_flooding_sender_is_refused(reader: ParseWorker) -> None:
    await reader.call("a", 5, jobs.process)
    ended: list[str] = []

    async def work(sender: str) -> None:
        await reader.call(sender, 5, jobs.doubled, 1)
        ended.append(sender)

    many = [asyncio.create_task(work("flood")) for _ in range(6)]
    await asyncio.wait({asyncio.create_task(work("quiet"))})
    results = await asyncio.gather(*many, return_exceptions=True)
    assert sum(isinstance(one, Overloaded) for one in results) == 2
    assert "quiet" in ended[:2]
    await reader.call("flood", 5, jobs.doubled, 1)


def by_getattr(kind: str, name: str) -> bytes:
    """Return the pickle of `getattr(kind, name)`, where `kind` is written in the text protocol."""
    return f"cbuiltins\ngetattr\n({kind}V{name}\ntR.".encode()


def test_enum_member_pickled_by_name_is_read() -> None:
    """Python 3.11.2, which is Debian 12's, pickles members so."""
    said = by_getattr("cgateway.vocabulary\nAlertStatus\n", "FIRING")
    read: list[object] = [pickle.loads(said), process.decode_result(said)]  # noqa: S301
    assert read == [AlertStatus.FIRING, AlertStatus.FIRING]


@pytest.mark.parametrize(
    "name",
    [
        b"cos\nsystem\n.",
        b"cbuiltins\neval\n.",
        b"cgateway.watchdog\nos.system\n.",
        b"cgateway.serving\nos\n.",
        by_getattr("cgateway.vocabulary\nAlertStatus\n", "mro"),
        by_getattr("cgateway.vocabulary\nAlertStatus\n", "__class__"),
        by_getattr("cgateway.errors\nMalformed\n", "__init__"),
        by_getattr("V\n", "join"),
    ],
)
def test_answer_unpickles_only_gateway_classes(name: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError):
        process.decode_result(name)
