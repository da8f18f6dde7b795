"""Periodic jobs: a failing one is repeated too, and does not affect the others."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.timing.periodic import STUCK_AFTER, PeriodicJob, PeriodicRunner, process_each
from tests.support.clock import NOON, FakeClock


class Heard:
    """A record of how runs ended."""

    def __init__(self) -> None:
        self.succeeded: dict[str, float] = {}
        self.failed: Counter[str] = Counter()

    def periodic_succeeded(self, name: str, at: float) -> None:
        self.succeeded[name] = at

    def periodic_failed(self, name: str) -> None:
        self.failed[name] += 1


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time


async def broken() -> None:
    raise KeyError("a bug")


async def test_failed_job_is_counted_and_other_jobs_run(clock: FakeClock) -> None:
    runs: Counter[str] = Counter()

    async def sound() -> None:
        runs["sound"] += 1

    heard = Heard()
    jobs = PeriodicRunner(
        (PeriodicJob("broken", 5.0, broken), PeriodicJob("sound", 5.0, sound)), clock, heard
    )
    task = asyncio.create_task(jobs.run())
    await until(lambda: runs["sound"] and heard.failed["broken"])
    assert heard.succeeded == {"sound": NOON.timestamp()}
    clock.advance(timedelta(seconds=5))
    await until(lambda: runs["sound"] > 1 and heard.failed["broken"] > 1)
    task.cancel()
    await asyncio.wait({task})


async def test_job_run_at_start_repeats_after_its_interval(clock: FakeClock) -> None:
    runs: Counter[str] = Counter()

    def counted(name: str) -> PeriodicJob:
        async def run() -> None:
            runs[name] += 1

        return PeriodicJob(name, 5.0, run)

    heard = Heard()
    jobs = PeriodicRunner((counted("first"), counted("later")), clock, heard)
    await jobs.run_first("first")
    assert heard.succeeded == {"first": NOON.timestamp()}
    task = asyncio.create_task(jobs.run())
    await until(lambda: runs["later"])
    assert runs == {"first": 1, "later": 1}
    clock.advance(timedelta(seconds=5))
    await until(lambda: runs["later"] > 1)
    assert runs["first"] == 2
    task.cancel()
    await asyncio.wait({task})


async def test_failed_initial_job_prevents_start(clock: FakeClock) -> None:
    jobs = PeriodicRunner((PeriodicJob("broken", 5.0, broken),), clock, Heard())
    with pytest.raises(KeyError, match="a bug"):
        await jobs.run_first("broken")
    with pytest.raises(KeyError, match="misspelt"):
        await jobs.run_first("misspelt")


async def test_endless_run_is_reported_stuck_until_it_ends(clock: FakeClock) -> None:
    gate = asyncio.Event()
    job = PeriodicJob("slow", 5.0, gate.wait)
    jobs = PeriodicRunner((job,), clock, Heard())
    run = asyncio.create_task(jobs.once(job))
    await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
    assert jobs.stuck() == ()
    clock.advance(timedelta(seconds=STUCK_AFTER + 1))
    assert jobs.stuck() == ("slow",)
    gate.set()
    assert await run
    assert jobs.stuck() == ()


async def test_woken_job_runs_before_its_interval_unless_it_failed(clock: FakeClock) -> None:
    wake, runs = asyncio.Event(), list[bool]()

    async def run() -> None:
        runs.append(wake.is_set())
        if len(runs) == 2:
            raise KeyError("a bug")
        wake.clear()

    heard = Heard()
    jobs = PeriodicRunner((PeriodicJob("woken", 5.0, run, wake=wake),), clock, heard)
    task = asyncio.create_task(jobs.run())
    await until(lambda: heard.succeeded)
    wake.set()
    await until(lambda: heard.failed["woken"])
    for _ in range(10):
        await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
    assert runs == [False, True]
    clock.advance(timedelta(seconds=5))
    await until(lambda: len(runs) == 3)
    task.cancel()
    await asyncio.wait({task})


async def test_job_with_longer_limit_is_not_reported_stuck_before_it(clock: FakeClock) -> None:
    gate = asyncio.Event()
    job = PeriodicJob("long", 5.0, gate.wait, stuck_after=STUCK_AFTER * 2)
    jobs = PeriodicRunner((job,), clock, Heard())
    run = asyncio.create_task(jobs.once(job))
    await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
    clock.advance(timedelta(seconds=STUCK_AFTER + 1))
    assert jobs.stuck() == ()
    clock.advance(timedelta(seconds=STUCK_AFTER))
    assert jobs.stuck() == ("long",)
    gate.set()
    assert await run


async def test_error_that_meets_every_item_ends_run_at_once() -> None:
    seen: list[int] = []

    async def work(item: int) -> None:
        seen.append(item)
        raise KeyError(item)

    with pytest.raises(KeyError):
        await process_each("items", (0, 1), work, ended_by=(KeyError,))
    assert seen == [0]


async def test_failed_item_does_not_stop_other_items() -> None:
    done: list[int] = []

    async def work(item: int) -> None:
        if item == 1:
            raise ValueError(item)
        done.append(item)

    with pytest.raises(ExceptionGroup, match="1 of 3 failed"):
        await process_each("items", (0, 1, 2), work)
    assert done == [0, 2]
    assert await process_each("items", (0, 2), work) == 2
