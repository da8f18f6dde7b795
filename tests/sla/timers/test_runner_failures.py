"""The timer runner continues when clocks, steps, timers or servers fail."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from gateway.app.gauges import count_timers
from gateway.db.pool import Pool, open_pool
from gateway.observe.metrics import Metrics
from gateway.settings import Database
from gateway.sla.timers.index import TimerIndex, connect
from gateway.sla.timers.runner import TimerRunner
from gateway.vocabulary import TimerKind
from tests.sla.timers.running import SECOND, a_runner, play
from tests.support.clock import FakeClock
from tests.support.timers import NullObserver, TracingEffect, arm_all, effects, insert_incidents


class LeapingClock(FakeClock):
    """A clock on which the time of PostgreSQL is ahead of the monotonic one by `leap`."""

    leap = timedelta()

    def stamp(self) -> datetime | None:
        return self.at + self.leap


async def test_unreachable_redis_does_not_affect_firing(
    pool: Pool, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(
        pool, clock, TimerIndex(connect("redis://127.0.0.1:1"), clock), TracingEffect()
    )
    await insert_incidents(pool, now, [7])
    await runner.run_once()
    runner.note_armed(await arm_all(pool, now + 2 * SECOND, [7]))
    await play(clock, 3, runner)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]
    assert runner.healthy


async def test_failing_timer_is_postponed_and_other_timers_fire(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    fire = TracingEffect(poison=[42])
    runner = a_runner(pool, clock, index, fire)
    await insert_incidents(pool, now, range(1, 101))
    await runner.run_once()
    runner.note_armed(await arm_all(pool, now + SECOND, range(1, 101)))
    await play(clock, 1.5, runner)
    assert {incident for incident, _, _ in await effects(pool)} == set(range(1, 101)) - {42}
    due = await pool.fetchval("SELECT due_at FROM timer WHERE incident_id = 42 AND armed")
    assert timedelta(seconds=60) <= due - now <= timedelta(seconds=63)
    fire.poison = frozenset()
    await play(clock, 70, runner, step=2)
    assert (42, TimerKind.SLA, 2) in await effects(pool)


async def test_forward_clock_leap_pauses_firing_until_trusted(pool: Pool, now: datetime) -> None:
    clock = LeapingClock()
    runner = a_runner(pool, clock, None, TracingEffect())
    await insert_incidents(pool, now, [7])
    await runner.run_once()
    runner.note_armed(await arm_all(pool, now + 30 * SECOND, [7]))
    clock.leap = timedelta(hours=1)
    await play(clock, 1.5, runner)
    assert await effects(pool) == []
    await play(clock, 5, runner)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]


async def test_backward_clock_step_delays_firing_without_repeat(pool: Pool, now: datetime) -> None:
    clock = LeapingClock()
    runner = a_runner(pool, clock, None, TracingEffect())
    await insert_incidents(pool, now, [7, 8])
    await runner.run_once()
    await arm_all(pool, now + SECOND, [7])
    await arm_all(pool, now + 10 * SECOND, [8])
    await play(clock, 5, runner)
    clock.leap = timedelta(minutes=-1)
    await play(clock, 64, runner, step=1)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]
    await play(clock, 4, runner, step=1)
    assert sorted(await effects(pool)) == [(7, TimerKind.SLA, 1), (8, TimerKind.SLA, 1)]


class Broken(NullObserver):
    """An observer that raises an error until mended, and counts the steps that failed."""

    mended = False
    broke = 0

    def wheel_size(self, size: int) -> None:
        if not self.mended:
            raise ZeroDivisionError(size)

    def step_broke(self) -> None:
        self.broke += 1


async def test_failing_step_is_retried_and_does_not_stop_other_steps(
    pool: Pool, clock: FakeClock, now: datetime
) -> None:
    observer = Broken()
    runner = TimerRunner(
        pool=pool, fire=TracingEffect(), clock=clock, index=None, replica=uuid4(), observer=observer
    )
    await insert_incidents(pool, now, [7])
    await arm_all(pool, now + SECOND, [7])
    await play(clock, 29, runner)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]
    assert (runner.healthy, runner.broken, observer.broke > 10) == (True, False, True)
    await play(clock, 2, runner)
    assert (runner.healthy, runner.broken) == (False, True)
    observer.mended = True
    await play(clock, 1, runner)
    assert (runner.healthy, runner.broken) == (True, False)


async def test_database_outage_makes_runner_unhealthy_but_not_broken(
    clock: FakeClock, database_url: str
) -> None:
    pool = await open_pool(Database(url=database_url, pool_min=1, pool_max=2), allow_unsafe=True)
    runner = a_runner(pool, clock, None, TracingEffect())
    await runner.run_once()
    pool.terminate()
    await play(clock, 40, runner, step=2)
    assert (runner.healthy, runner.broken) == (False, False)


@pytest.fixture
async def unchecked(pool: Pool) -> AsyncIterator[None]:
    """Allow timers of any time, as another release or a person with SQL might write them."""
    constraint = await pool.fetchval(CONSTRAINT)
    await pool.execute("ALTER TABLE timer DROP CONSTRAINT timer_due_at_is_kept")
    yield
    await pool.execute("DELETE FROM timer")
    await pool.execute(f"ALTER TABLE timer ADD CONSTRAINT timer_due_at_is_kept {constraint}")


CONSTRAINT = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'timer_due_at_is_kept'"
)

ODD = """
INSERT INTO timer (incident_id, kind, shard, armed, due_at)
SELECT id, kind, id % 64, true, due_at::timestamptz
FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS odd (id, kind, due_at)
"""


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("with_index", [True, False])
async def test_unreadable_timers_are_set_aside_and_others_fire(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime, *, with_index: bool
) -> None:
    await insert_incidents(pool, now, range(1, 201))
    when = (
        "infinity",
        "-infinity",
        "40000-01-01 00:00+00",
        "0044-03-15 00:00+00 BC",
        now.isoformat(),
    )
    unknown = (6, 15)
    odd = [(n, unknown[n % 2] if n % 5 == 4 else 1, when[n % 5]) for n in range(1, 101)]
    await pool.execute(ODD, *(list(column) for column in zip(*odd, strict=True)))
    await arm_all(pool, now + SECOND, range(101, 201))
    runner = a_runner(pool, clock, index if with_index else None, TracingEffect())
    await play(clock, 15, runner)
    assert {incident for incident, _, _ in await effects(pool)} == set(range(101, 201))
    assert runner.healthy
    async with pool.acquire() as conn:
        metrics = Metrics(CollectorRegistry())
        await count_timers(conn, metrics, clock.at)
    assert metrics.registry.get_sample_value("gateway_timers_set_aside") == 100
    assert metrics.registry.get_sample_value("gateway_timers_overdue") == 0
