"""Periodic jobs of a replica: each has its own interval; failures are isolated and counted."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from gateway.clock import Clock

log = structlog.get_logger()

STUCK_AFTER = 600.0
"""Seconds that one run may take before both health probes report it as stuck."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job with its name, the seconds between two runs, and the function of one run."""

    name: str
    every: float
    run_once: Callable[[], Awaitable[object]]


class Observer(Protocol):
    """The observer of the results of runs; the metrics implement it."""

    def periodic_succeeded(self, name: str, at: float) -> None:
        """Record a success of the job at this moment, in seconds since 1970."""
        ...

    def periodic_failed(self, name: str) -> None:
        """Record a failure of the job, or of an item of it."""
        ...


@dataclass(slots=True)
class Periodics:
    """A runner of jobs until cancelled; a failed one is logged, counted and runs again."""

    jobs: Sequence[Periodic]
    clock: Clock
    observer: Observer
    _began: dict[str, float] = field(default_factory=dict)
    _ran: set[str] = field(default_factory=set)

    async def begin_with(self, *names: str) -> None:
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
                group.create_task(self._again_and_again(job), name=f"periodic {job.name}")

    async def _again_and_again(self, job: Periodic) -> None:
        if job.name not in self._ran:
            await self.once(job)
        while True:
            await self.clock.sleep(job.every)
            await self.once(job)

    async def once(self, job: Periodic) -> bool:
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

    def _succeeded(self, job: Periodic) -> None:
        self.observer.periodic_succeeded(job.name, self.clock.now().timestamp())

    def stuck(self) -> tuple[str, ...]:
        """Return the names of the jobs whose present run takes too long."""
        now = self.clock.monotonic()
        return tuple(
            sorted(name for name, began in self._began.items() if now - began > STUCK_AFTER)
        )


async def each(job: str, items: Iterable[Item], work: Callable[[Item], Awaitable[object]]) -> int:
    """Do the work for every item and return how many succeeded.

    A failed item waits for the next run. Raises the failures together after all items, so that
    the run counts as failed.
    """
    done, failures = 0, list[Exception]()
    for item in items:
        try:
            await work(item)
        except Exception as error:  # noqa: BLE001 - an item never keeps the next from its turn
            log.warning("periodic_item_failed", job=job, error=repr(error))
            failures.append(error)
        else:
            done += 1
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {done + len(failures)} failed", failures)
    return done
