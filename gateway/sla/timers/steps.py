"""The steps of a runner of timers: each in its own loop, its failures isolated and watched."""

import asyncio
from collections.abc import Sequence

import structlog

from gateway.sla.timers.firing import TRANSIENT, ClockInDoubt
from gateway.sla.timers.index import IndexUnavailable
from gateway.sla.timers.observer import TimerListener
from gateway.timing.clock import Clock, sleep_or_event
from gateway.timing.periodic import PeriodicJob

SILENT_AFTER = 30.0
"""Seconds without a completed step after which a loop counts as dead."""

PASSING_ERRORS = (*TRANSIENT, IndexUnavailable, ClockInDoubt)

log = structlog.get_logger()


class TimerSteps:
    """The steps of one runner, each at its own pace."""

    def __init__(self, steps: Sequence[PeriodicJob], clock: Clock, observer: TimerListener) -> None:
        self._clock = clock
        self._observer = observer
        self._steps = {step.name: step for step in steps}
        self._ended = dict.fromkeys(self._steps, clock.monotonic())
        self._next = dict.fromkeys(self._steps, float("-inf"))
        self._broken: set[str] = set()
        self._alive = True

    @property
    def healthy(self) -> bool:
        """False once a loop died or completed no step without error for 30 s."""
        now = self._clock.monotonic()
        return self._alive and all(now - ended < SILENT_AFTER for ended in self._ended.values())

    @property
    def broken(self) -> bool:
        """True when a step completed no attempt for 30 s because of a bug."""
        now = self._clock.monotonic()
        return any(now - self._ended[name] >= SILENT_AFTER for name in self._broken)

    async def run_once(self) -> None:
        """Take every step whose time has come by the monotonic clock, once."""
        for step in self._steps.values():
            now = self._clock.monotonic()
            if now >= self._next[step.name]:
                self._next[step.name] = now + step.every
                await self.attempt(step.name)

    async def run(self, stop: asyncio.Event) -> None:
        """Take all steps, each at its own pace, until `stop` is set. May be run again."""
        self._alive = True
        try:
            async with asyncio.TaskGroup() as group:
                for name in self._steps:
                    group.create_task(self._loop(name, stop), name=f"timers-{name}")
        finally:
            self._alive = False

    async def _loop(self, name: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.attempt(name)
            await sleep_or_event(self._clock, self._steps[name].every, stop)

    async def attempt(self, name: str) -> None:
        """Take one step; its failure is logged and remembered, never raised."""
        try:
            await self._steps[name].run_once()
        except IndexUnavailable:
            self._done(name)  # the index said so in the log, and nothing depends on it
        except PASSING_ERRORS as error:
            self._broken.discard(name)
            log.warning("timer_step_failed", step=name, reason=str(error) or type(error).__name__)
        except Exception:
            self._observer.step_broke()
            if name not in self._broken:
                log.exception("timer_step_broken", step=name)
            self._broken.add(name)
        else:
            self._done(name)

    def _done(self, name: str) -> None:
        self._ended[name] = self._clock.monotonic()
        self._broken.discard(name)
