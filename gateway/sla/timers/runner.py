"""The runner of one replica's timers: leases, feeding, sweeping, firing, upkeep.

Each is a bounded step, each in its own loop, not among the other periodic jobs: they tick within
50 ms, an outage of Redis or PostgreSQL is no failure of theirs, the probes miss them after 30 s,
and they end by giving the leases up. PostgreSQL decides what is due, the injected `Fire` what it
means. `run_once` takes every step that is due by the clock, so tests drive it without
waiting; `run` drives the same steps (`steps.py`) until it is stopped.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from gateway.db.moment import fetch_now
from gateway.db.pool import Pool, acquire
from gateway.incidents.arming import SHARDS
from gateway.sla.timers import timer_store
from gateway.sla.timers.backlog import Backlog
from gateway.sla.timers.clock_guard import ClockGuard
from gateway.sla.timers.feeder import HORIZON, WheelFeeder, due_times
from gateway.sla.timers.firing import BATCH, Fire, FiredBatch, TimerFiring
from gateway.sla.timers.index import TimerIndex
from gateway.sla.timers.leases import Leases
from gateway.sla.timers.observer import TimerListener
from gateway.sla.timers.slots import MICROSECOND, ceil_ms, from_wheel, micros, wheel_member
from gateway.sla.timers.steps import PASSING_ERRORS, TimerSteps
from gateway.sla.timers.sweep import ORPHANED, sweep
from gateway.sla.timers.timer_store import Armed, TimerId
from gateway.sla.timers.upkeep import IndexUpkeep
from gateway.sla.timers.wheel import Wheel
from gateway.timing.clock import Clock
from gateway.timing.periodic import PeriodicJob
from gateway.vocabulary import TimerKind

TICK = 0.05
FEED_EVERY = 5.0
FEED_EVERY_WITHOUT_INDEX = 1.0

BATCHES = 10
"""The most batches of one lane and step. The bound lets the step end in spite of a backlog."""

LANES = 2
"""The batches in work at once while there is a backlog."""

RANK_AT_ONCE = 10_000
AGAIN_US = 100_000
"""Microseconds until the next look at a timer whose rows someone else held."""

RETRY_US = 1_000_000
"""Microseconds until the next attempt at a batch that failed for a transient reason."""

MILLISECOND = timedelta(milliseconds=1)

log = structlog.get_logger()


class TimerRunner:
    """The timers of this replica."""

    def __init__(
        self,
        *,
        pool: Pool,
        fire: Fire,
        clock: Clock,
        index: TimerIndex | None,
        replica: UUID,
        observer: TimerListener,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._observer = observer
        self._index = index
        self._judge = ClockGuard()
        self._leases = Leases(pool, clock, replica)
        self._feeder = WheelFeeder(pool, index, clock, observer)
        self._upkeep = IndexUpkeep(index)
        self._firing = TimerFiring(pool, fire, clock, self._judge, observer)
        self._wheel = Wheel(0)
        self._backlog = Backlog()
        self._batch = BATCH
        self._fed: dict[int, float] = {}
        steps = (
            PeriodicJob("lease", 1.0, self._lease),
            PeriodicJob("clock", 1.0, self._sample),
            PeriodicJob("feed", 0.25, self._feed),
            PeriodicJob("sweep", 5.0, self._sweep),
            PeriodicJob("fire", TICK, self._fire_due),
            PeriodicJob("upkeep", 0.5, self._upkeep.flush),
        )
        self._steps = TimerSteps(steps, clock, observer)

    @property
    def healthy(self) -> bool:
        """False once a loop died or completed no step without error for 30 s."""
        return self._steps.healthy

    @property
    def broken(self) -> bool:
        """True when a step completed no attempt for 30 s because of a bug.

        No outage explains it.
        """
        return self._steps.broken

    def note_armed(self, timers: Iterable[tuple[int, int, datetime | None]]) -> None:
        """Take in timers just committed, as (incident id, kind, due).

        Never blocks, never raises; what is lost is found by the sweep.
        """
        armings = due_times(
            Armed(incident_id, TimerKind(kind), due_at) for incident_id, kind, due_at in timers
        )
        self._upkeep.add(armings)
        if self._judge.sampled:
            until_ms = self._now_us() // 1000 + HORIZON // MILLISECOND
            owned = self._leases.owned()
            self._take_in(
                arming
                for arming in armings
                if arming[1] <= until_ms and arming[0].incident_id % SHARDS in owned
            )

    async def run_once(self) -> None:
        """Take every step whose time has come by the monotonic clock, once."""
        await self._steps.run_once()

    async def run(self, stop: asyncio.Event) -> None:
        """Take all steps, each at its own pace, until `stop` is set; then give the leases up.

        A step that fails is tried again, and the others go on; `healthy` and `broken` say so.
        May be run again.
        """
        try:
            await self._steps.run(stop)
        finally:
            await self._steps.attempt("upkeep")
            await self._leave()

    async def _leave(self) -> None:
        try:
            await self._leases.release()
        except PASSING_ERRORS as error:
            log.warning("leases_not_released", reason=str(error))

    async def _lease(self) -> None:
        await self._leases.renew()
        owned = self._leases.owned()
        self._fed = {shard: at for shard, at in self._fed.items() if shard in owned}
        self._observer.shards_owned(len(owned))

    async def _sample(self) -> None:
        async with acquire(self._pool) as conn:
            before = self._clock.monotonic()
            now = await fetch_now(conn, self._clock.stamp())
            trusted = self._judge.sample(micros(now), before, self._clock.monotonic())
        if self._judge.stepped_back:
            log.warning("clock_stepped_back")
            self._wheel, self._judge.stepped_back = Wheel(self._now_us()), False
            self._fed.clear()
        self._observer.clock_trusted(trusted)

    async def _feed(self) -> None:
        if not self._judge.sampled:
            return
        every = FEED_EVERY if self._feeder.index_up else FEED_EVERY_WITHOUT_INDEX
        now = self._clock.monotonic()
        hungry = [
            shard
            for shard in self._leases.owned()
            if now - self._fed.get(shard, float("-inf")) >= every
        ]
        if hungry:
            self._take_in(await self._feeder.load(hungry, self._now_us()))
            self._fed |= dict.fromkeys(hungry, now)

    async def _sweep(self) -> None:
        owned = self._leases.owned()
        found = await sweep(self._pool, owned, self._clock.stamp())
        missed = self._take_in(found)
        self._upkeep.add(missed)
        self._observer.missed(len(missed))

    def _take_in(self, armings: Iterable[tuple[TimerId, int]]) -> list[tuple[TimerId, int]]:
        """Put armings into the wheel; return those it did not know."""
        members = ((arming, wheel_member(*arming)) for arming in armings)
        return [
            arming
            for arming, member in members
            if member not in self._backlog and self._wheel.insert(arming[1] * 1000, member)
        ]

    async def _fire_due(self) -> None:
        if not self._judge.trusted:
            return
        ready = self._wheel.advance(self._now_us())
        try:
            await self._enqueue(ready)
        except PASSING_ERRORS:
            self._look_again(ready)
            raise
        await self._fire_backlog()
        self._observer.wheel_size(len(self._wheel))
        self._observer.backlog(len(self._backlog))

    async def _enqueue(self, ready: Sequence[int]) -> None:
        """Queue the members that this replica should fire.

        Priorities are read only for a backlog.
        """
        owned, orphaned_ms = (
            self._leases.owned(),
            (self._now_us() - ORPHANED // MICROSECOND) // 1000,
        )
        armings = {member: from_wheel(member) for member in ready}
        mine = [
            m
            for m, (timer, due_ms) in armings.items()
            if timer.incident_id % SHARDS in owned or due_ms < orphaned_ms
        ]
        if len(mine) + len(self._backlog) <= BATCH:
            for member in mine:
                self._backlog.push(0, armings[member][1], member)
            return
        for start in range(0, len(mine), RANK_AT_ONCE):
            part = mine[start : start + RANK_AT_ONCE]
            async with acquire(self._pool) as conn:
                rows = await timer_store.armed_with_priority(
                    conn, [armings[member][0] for member in part]
                )
            priorities = {
                TimerId(timer.incident_id, timer.kind): priority for priority, timer in rows
            }
            for member in part:
                if (priority := priorities.get(armings[member][0])) is not None:
                    self._backlog.push(priority, armings[member][1], member)
            self._upkeep.discard(armings[m] for m in part if armings[m][0] not in priorities)

    async def _fire_backlog(self) -> None:
        """Fire some batches, in lanes when there is a backlog.

        One lane decides here while PostgreSQL writes another's batch. Raises what a lane raised,
        once all have ended.
        """
        lanes = LANES if len(self._backlog) > self._batch else 1
        outcomes = await asyncio.gather(
            *(self._fire_batches() for _ in range(lanes)), return_exceptions=True
        )
        if failed := [outcome for outcome in outcomes if isinstance(outcome, BaseException)]:
            raise failed[0]

    async def _fire_batches(self) -> None:
        for _ in range(BATCHES):
            if not self._backlog:
                break
            await self._fire_batch()

    async def _fire_batch(self) -> None:
        members = [member for _, _, member in self._backlog.take(self._batch)]
        armings = [from_wheel(member) for member in members]
        try:
            done = await self._firing.batch([timer for timer, _ in armings], self._leases.owned())
        except PASSING_ERRORS:
            self._batch = max(1, self._batch // 2)
            self._look_again(members, RETRY_US)
            raise
        self._batch = min(BATCH, self._batch * 2)
        try:
            await self._conclude(armings, done)
        except PASSING_ERRORS:
            self._look_again(members)
            raise

    async def _conclude(self, armings: Sequence[tuple[TimerId, int]], done: FiredBatch) -> None:
        """Process a committed batch.

        Fired and stale timers leave the index, newly armed ones enter the wheel, and those whose
        rows someone else held are tried again.
        """
        fired = {
            TimerId(timer.incident_id, timer.kind): ceil_ms(micros(timer.due_at))
            for timer in done.timers
        }
        self._upkeep.discard(fired.items())
        self._upkeep.discard(arming for arming in armings if arming[0] in fired)
        self.note_armed(done.armed)
        if not (left := [arming for arming in armings if arming[0] not in fired]):
            return
        async with acquire(self._pool) as conn:
            rows = [
                timer
                for _, timer in await timer_store.armed_with_priority(
                    conn, [timer for timer, _ in left]
                )
            ]
        armed = due_times(rows)
        self._upkeep.discard(set(left).difference(armed))
        now_us = self._now_us()
        for timer, due_ms in armed:
            self._wheel.insert(max(due_ms * 1000, now_us + AGAIN_US), wheel_member(timer, due_ms))

    def _look_again(self, members: Iterable[int], after_us: int = AGAIN_US) -> None:
        at = self._now_us() + after_us
        for member in members:
            self._wheel.insert(at, member)

    def _now_us(self) -> int:
        return self._judge.estimate_us(self._clock.monotonic())
