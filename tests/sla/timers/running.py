"""A timer runner that the test steps."""

from datetime import timedelta
from uuid import uuid4

from gateway.db.pool import Pool
from gateway.sla.timers.firing import Fire
from gateway.sla.timers.index import TimerIndex
from gateway.sla.timers.runner import TimerRunner
from tests.support.clock import FakeClock
from tests.support.timers import NullObserver

SECOND = timedelta(seconds=1)


def a_runner(pool: Pool, clock: FakeClock, index: TimerIndex | None, fire: Fire) -> TimerRunner:
    return TimerRunner(
        pool=pool, fire=fire, clock=clock, index=index, replica=uuid4(), observer=NullObserver()
    )


async def play(clock: FakeClock, seconds: float, *runners: TimerRunner, step: float = 0.25) -> None:
    for _ in range(round(seconds / step)):
        clock.advance(timedelta(seconds=step))
        for runner in runners:
            await runner.run_once()
