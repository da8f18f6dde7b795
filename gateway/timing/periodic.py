"""Periodic jobs of a replica: each has its own interval; failures are isolated and counted.

Loops with a pace of their own are no such jobs: the steps of the timers (`sla/timers/runner`),
queues that work as things arrive (the notifier, the intake writer), streams (mailboxes, the
change feed), restarts of dead tasks and servers, and the beats that show that the event loop
runs (`observe/watchdog`, `supervisor/child`), which must not depend on these jobs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from gateway.timing.clock import Clock, sleep_or_event

log = structlog.get_logger()

STUCK_AFTER = 600.0
"""Seconds that one run may take, unless its job says otherwise."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """A job with its name, the seconds between two runs, and the function of one run.

    If `wake` is set after a run that succeeded, the next run begins at once; the job clears it.
    One run may take `stuck_after` seconds before both health probes report it as stuck.
    """

    name: str
    every: float
    run_once: Callable[[], Awaitable[object]]
    wake: asyncio.Event | None = None
    stuck_after: float = STUCK_AFTER


class PeriodicObserver(Protocol):
    """The observer of the results of runs; the metrics implement it."""

    def periodic_succeeded(self, name: str, at: float) -> None:
        """Record a success of the job at this moment, in seconds since 1970."""
        ...

    def periodic_failed(self, name: str) -> None:
        """Record a failure of the job, or of an item of it."""
        ...


@dataclass(slots=True)
class PeriodicRunner:
    """A runner of jobs until cancelled; a failed one is logged, counted and runs again."""

    jobs: Sequence[PeriodicJob]
    clock: Clock
    observer: PeriodicObserver
    _began: dict[str, float] = field(default_factory=dict)
    _ran: set[str] = field(default_factory=set)

    async def run_first(self, *names: str) -> None:
        """Run these jobs once, one after the other; raises their errors.

        `run` then begins with their pause.
        """
        named = {job.name: job for job in self.jobs}
        for job in (named[name] for name in names):
            await job.run_once()
            self._succeeded(job)
            self._ran.add(job.name)

    async def run(self) -> None:
        """Run all jobs, each at its own interval."""
        async with asyncio.TaskGroup() as group:
            for job in self.jobs:
                group.create_task(self._repeat(job), name=f"periodic {job.name}")

    async def _repeat(self, job: PeriodicJob) -> None:
        succeeded = job.name in self._ran or await self.once(job)
        while True:
            if succeeded and job.wake is not None:
                await sleep_or_event(self.clock, job.every, job.wake)
            else:
                await self.clock.sleep(job.every)
            succeeded = await self.once(job)

    async def once(self, job: PeriodicJob) -> bool:
        """Run one job and return whether it succeeded; never raises."""
        self._began[job.name] = self.clock.monotonic()
        try:
            await job.run_once()
        except Exception as error:  # noqa: BLE001 - the next run tries again, and the log says why
            log.warning("periodic_failed", job=job.name, error=repr(error))
            self.observer.periodic_failed(job.name)
            return False
        finally:
            del self._began[job.name]
        self._succeeded(job)
        return True

    def _succeeded(self, job: PeriodicJob) -> None:
        self.observer.periodic_succeeded(job.name, self.clock.now().timestamp())

    def stuck(self) -> tuple[str, ...]:
        """Return the names of the jobs whose present run takes too long."""
        now, patience = self.clock.monotonic(), {job.name: job.stuck_after for job in self.jobs}
        return tuple(
            sorted(name for name, began in self._began.items() if now - began > patience[name])
        )


async def process_each(
    job: str,
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[object]],
    *,
    ended_by: tuple[type[Exception], ...] = (),
) -> int:
    """Do the work for every item and return how many succeeded.

    A failed item waits for the next run. Raises the failures together after all items, so that
    the run counts as failed; errors of the types `ended_by`, which would meet the other items
    too, are raised at once.
    """
    done, failures = 0, list[Exception]()
    for item in items:
        try:
            await work(item)
        except ended_by:
            raise
        except Exception as error:  # noqa: BLE001 - an item never keeps the next from its turn
            log.warning("periodic_item_failed", job=job, error=repr(error))
            failures.append(error)
        else:
            done += 1
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {done + len(failures)} failed", failures)
    return done
