"""Supervision of the background tasks of a replica: dead ones are restarted and reported."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.observe.metrics import Metrics
from gateway.timing.clock import Clock

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a dead task is restarted: doubled after each death, up to the longest."""

SETTLED = 10.0
"""Seconds that a restarted task must run before it counts as alive."""

STOP_WITHIN = 5.0
"""Seconds a task is given to end by itself before it is cancelled."""

log = structlog.get_logger()

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class _Task:
    """A task: its deaths since it last settled, and its start time, None while dead."""

    name: str
    deaths: int = 0
    running_since: float | None = None


@dataclass(slots=True)
class TaskSupervisor:
    """A supervisor that starts the tasks, restarts dead ones and counts their failures."""

    clock: Clock
    metrics: Metrics
    _tasks: list[_Task] = field(default_factory=list)

    @property
    def dead(self) -> tuple[str, ...]:
        """The tasks that died and have not run again for `SETTLED` seconds."""
        return tuple(task.name for task in self._tasks if task.deaths and not self._settled(task))

    def start(
        self, stack: AsyncExitStack, name: str, work: Work, stop: Callable[[], None] | None = None
    ) -> None:
        """Run `work` until the stack ends; `stop` requests its end, without it it is cancelled.

        Work that returns is done; work that raises is logged, counted and restarted after a
        pause.
        """
        task = _Task(name)
        self._tasks.append(task)
        self.metrics.task_failures.labels(name)  # from 0, so that the first failure is an increase
        running = asyncio.create_task(self._keep(task, work), name=name)

        async def end() -> None:
            if stop is not None:
                stop()
                await asyncio.wait({running}, timeout=STOP_WITHIN)
            running.cancel()
            await asyncio.wait({running})

        stack.push_async_callback(end)

    async def _keep(self, task: _Task, work: Work) -> None:
        while True:
            task.running_since = self.clock.monotonic()
            try:
                await work()
            except Exception as error:
                task.deaths = 1 if self._settled(task) else task.deaths + 1
                pause = min(FIRST_PAUSE * 2 ** min(task.deaths - 1, 16), LONGEST_PAUSE)
                log.exception("task_died", task=task.name, error=repr(error), again_in=pause)
                self.metrics.task_failures.labels(task.name).inc()
            else:
                task.deaths = 0
                return
            task.running_since = None
            await self.clock.sleep(pause)

    def _settled(self, task: _Task) -> bool:
        return (
            task.running_since is not None
            and self.clock.monotonic() - task.running_since >= SETTLED
        )
