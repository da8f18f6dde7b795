"""A task that fails is restarted, and counts as dead until it has run for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from gateway.app.supervision import LONGEST_PAUSE, SETTLED, TaskSupervisor
from gateway.observe.metrics import Metrics
from tests.support.clock import FakeClock

SECOND = timedelta(seconds=1)


class Work:
    """A task that waits until it is told to fail or to end, and counts its starts."""

    def __init__(self) -> None:
        self.begun = 0
        self.told: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def run(self) -> None:
        self.begun += 1
        if (error := await self.told.get()) is not None:
            raise error


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def supervisor(clock: FakeClock) -> TaskSupervisor:
    return TaskSupervisor(clock, Metrics(CollectorRegistry()))


def failures(supervisor: TaskSupervisor) -> float | None:
    return supervisor.metrics.registry.get_sample_value(
        "gateway_task_failures_total", {"task": "timers"}
    )


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time


async def fail(work: Work) -> None:
    work.told.put_nowait(ZeroDivisionError("a mistake"))
    await turns()


async def test_failed_task_is_counted_and_restarted(
    stack: AsyncExitStack, supervisor: TaskSupervisor, clock: FakeClock
) -> None:
    work = Work()
    supervisor.start(stack, "timers", work.run)
    await turns()
    assert (work.begun, supervisor.dead, failures(supervisor)) == (1, (), 0)
    await fail(work)
    assert (work.begun, supervisor.dead, failures(supervisor)) == (1, ("timers",), 1)
    clock.advance(SECOND)
    await turns()
    assert (work.begun, supervisor.dead) == (2, ("timers",))
    clock.advance(timedelta(seconds=SETTLED))
    assert supervisor.dead == ()


async def test_restart_pause_doubles_up_to_maximum(
    stack: AsyncExitStack, supervisor: TaskSupervisor, clock: FakeClock
) -> None:
    work = Work()
    supervisor.start(stack, "timers", work.run)
    await turns()
    for deaths in range(1, 9):
        await fail(work)
        pause = min(2 ** (deaths - 1), LONGEST_PAUSE)
        clock.advance(timedelta(seconds=pause - 0.5))
        await turns()
        assert work.begun == deaths
        clock.advance(timedelta(seconds=0.5))
        await turns()
        assert work.begun == deaths + 1


async def test_settled_task_restarts_with_shortest_pause(
    stack: AsyncExitStack, supervisor: TaskSupervisor, clock: FakeClock
) -> None:
    work = Work()
    supervisor.start(stack, "timers", work.run)
    await turns()
    for begun in range(1, 5):
        await fail(work)
        clock.advance(SECOND)
        await turns()
        assert work.begun == begun + 1
        clock.advance(timedelta(seconds=SETTLED))


async def test_task_that_returns_is_not_dead(
    stack: AsyncExitStack, supervisor: TaskSupervisor, clock: FakeClock
) -> None:
    work = Work()
    supervisor.start(stack, "timers", work.run)
    await turns()
    await fail(work)
    clock.advance(SECOND)
    await turns()
    work.told.put_nowait(None)
    await turns()
    assert (supervisor.dead, work.begun) == ((), 2)


async def test_closing_stack_stops_tasks_gracefully_or_cancels_them(
    supervisor: TaskSupervisor,
) -> None:
    asked, cancelled = Work(), Work()
    async with AsyncExitStack() as stack:
        supervisor.start(stack, "intake", asked.run, lambda: asked.told.put_nowait(None))
        supervisor.start(stack, "upkeep", cancelled.run)
        await turns()
    assert (asked.told.empty(), asked.begun, cancelled.begun) == (True, 1, 1)
