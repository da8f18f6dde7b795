"""The firing of due timers: lock, settle, write the effect, arm what follows, commit.

A batch is one transaction. Row locks and the generation make the effect happen once, whichever
replica tries; a failing batch is halved until the one timer that fails is alone. That one is
postponed by a minute, so it never blocks the others.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from gateway.db.pool import LOST_RACE, Connection, Pool, acquire, transaction
from gateway.errors import Unavailable
from gateway.incidents.arming import SHARDS, arm_timers
from gateway.incidents.record import Revision
from gateway.sla.timers import timer_store
from gateway.sla.timers.clock_guard import ClockGuard
from gateway.sla.timers.observer import TimerListener
from gateway.sla.timers.slots import micros
from gateway.sla.timers.timer_store import Armed, DueTimer, LockedTimers, TimerId
from gateway.timing.clock import Clock


@dataclass(frozen=True, slots=True)
class FiringEffect:
    """The effect of a batch of timers: the timers to arm next, and the revisions written."""

    armed: Sequence[Armed] = ()
    revisions: Sequence[Revision] = ()


Fire: TypeAlias = Callable[[Connection, Sequence[DueTimer], datetime], Awaitable[FiringEffect]]
"""A function that writes the effect of timers, inside the transaction that fires them.

The rows of timers and incidents are locked and the timers already disarmed. It loads the
incidents, decides for the given moment, writes, and returns the effect.
"""

BATCH = 200
"""The greatest number of timers in one transaction."""

SETBACK = timedelta(seconds=60)
"""The time by which a timer whose firing fails is postponed."""

TRANSIENT = (Unavailable, *LOST_RACE)
"""The errors after which a batch is tried again later: no value in it is at fault."""

log = structlog.get_logger()


class UndecidableEffect(Exception):
    """The effect of a timer cannot be decided or written.

    Its values are at fault, not the database.
    """


class ClockInDoubt(Exception):
    """PostgreSQL's clock leapt between the samples; nothing fires until it is trusted again."""


@dataclass(slots=True)
class FiredBatch:
    """The result of a batch: the timers that fired, and those armed or moved by it."""

    timers: list[DueTimer] = field(default_factory=list)
    armed: list[Armed] = field(default_factory=list)


class TimerFiring:
    """A runner of batches.

    After TRANSIENT errors or ClockInDoubt nothing of the batch has happened.
    """

    def __init__(
        self, pool: Pool, fire: Fire, clock: Clock, judge: ClockGuard, observer: TimerListener
    ) -> None:
        self._pool = pool
        self._fire = fire
        self._clock = clock
        self._judge = judge
        self._observer = observer

    async def batch(self, ids: Sequence[TimerId], epochs: Mapping[int, int]) -> FiredBatch:
        """Fire those of `ids` (at most BATCH) that are due.

        `epochs` are those of the leases held, by shard.
        """
        try:
            done = await self._transact(ids, epochs)
        except (*TRANSIENT, ClockInDoubt):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a timer's values break must not stop its neighbours
            if len(ids) == 1:
                return await self._set_back(ids[0], error)
            half = len(ids) // 2
            first, second = (
                await self.batch(ids[:half], epochs),
                await self.batch(ids[half:], epochs),
            )
            return FiredBatch(first.timers + second.timers, first.armed + second.armed)
        return done

    async def _transact(self, ids: Sequence[TimerId], epochs: Mapping[int, int]) -> FiredBatch:
        before = self._clock.monotonic()
        async with transaction(self._pool) as conn:
            locked = await timer_store.lock_due(conn, ids, self._clock.stamp(), BATCH)
            if locked is None:
                return FiredBatch()
            if not self._judge.sample(micros(locked.now), before, self._clock.monotonic()):
                raise ClockInDoubt
            leases = [epochs.get(timer.incident_id % SHARDS) for timer in locked.timers]
            await timer_store.mark_fired(conn, locked.timers, leases, locked.now)
            effect = await self._effect(conn, locked)
            await arm_timers(conn, effect.armed)
        self._observe(locked)
        self._observer.changed(effect.revisions)
        return FiredBatch(list(locked.timers), list(effect.armed))

    async def _effect(self, conn: Connection, locked: LockedTimers) -> FiringEffect:
        try:
            return await self._fire(conn, locked.timers, locked.now)
        except ValueError as error:
            # The driver's refusal of a value is also an InterfaceError, and would pass for an
            # outage.
            raise UndecidableEffect(str(error)) from error

    async def _set_back(self, timer: TimerId, error: Exception) -> FiredBatch:
        log.error(
            "timer_poisoned", incident_id=timer.incident_id, kind=timer.kind.name, exc_info=error
        )
        self._observer.poisoned(timer.kind)
        async with acquire(self._pool) as conn:
            return FiredBatch(
                armed=await timer_store.postpone(conn, timer, self._clock.stamp(), SETBACK)
            )

    def _observe(self, locked: LockedTimers) -> None:
        for timer in locked.timers:
            self._observer.fired((locked.now - timer.due_at).total_seconds(), timer.kind)
