"""The timers of one replica, step by step on a clock that only the test advances."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.db.pool import Connection, Pool
from gateway.incidents.arming import arm_timers
from gateway.sla.timers.firing import FiringEffect
from gateway.sla.timers.index import TimerIndex
from gateway.sla.timers.runner import LANES
from gateway.sla.timers.timer_store import DueTimer
from gateway.vocabulary import TimerKind
from tests.sla.timers.running import SECOND, a_runner, play
from tests.support.clock import FakeClock
from tests.support.timers import TracingEffect, arm_all, effects, insert_incidents


async def test_timer_fires_once_and_not_before_due_time(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(pool, clock, index, TracingEffect())
    await insert_incidents(pool, now, [1])
    await runner.run_once()
    runner.note_armed(await arm_all(pool, now + 3 * SECOND, [1]))
    await play(clock, 2.75, runner)
    assert await effects(pool) == []
    await play(clock, 0.5, runner)
    assert await effects(pool) == [(1, TimerKind.SLA, 1)]
    await play(clock, 20, runner, step=1)
    assert await effects(pool) == [(1, TimerKind.SLA, 1)]
    row = await pool.fetchrow("SELECT armed, fired_gen, fired_epoch, fired_at FROM timer")
    assert row is not None
    assert (
        row["armed"],
        row["fired_gen"],
        row["fired_epoch"],
        row["fired_at"] >= now + 3 * SECOND,
    ) == (False, 1, 1, True)


async def test_unnoted_timer_is_found_by_sweep_within_ten_seconds(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(pool, clock, index, TracingEffect())
    await runner.run_once()
    await insert_incidents(pool, now, [7])
    await arm_all(pool, now + SECOND, [7])
    await play(clock, 10, runner, step=1)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]


async def test_timers_fire_without_redis(pool: Pool, clock: FakeClock, now: datetime) -> None:
    runner = a_runner(pool, clock, None, TracingEffect())
    await runner.run_once()
    await insert_incidents(pool, now, [7])
    await arm_all(pool, now + 2 * SECOND, [7])
    await play(clock, 2.5, runner)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]


async def test_disarmed_timer_never_fires(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(pool, clock, index, TracingEffect())
    await insert_incidents(pool, now, [7])
    await runner.run_once()
    runner.note_armed(await arm_all(pool, now + 2 * SECOND, [7]))
    await play(clock, 1, runner)
    async with pool.acquire() as conn:
        await arm_timers(conn, [(7, TimerKind.SLA, None)])
    await play(clock, 20, runner, step=1)
    assert await effects(pool) == []


async def test_rearmed_timer_fires_again_with_new_generation(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(pool, clock, index, TracingEffect(repeat=2 * SECOND))
    await insert_incidents(pool, now, [7])
    await runner.run_once()
    runner.note_armed(await arm_all(pool, now + SECOND, [7]))
    await play(clock, 6, runner)
    assert await effects(pool) == [
        (7, TimerKind.SLA, 1),
        (7, TimerKind.SLA, 2),
        (7, TimerKind.SLA, 3),
    ]


async def test_two_runners_fire_each_timer_once_and_survivor_takes_over(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    one, two = (a_runner(pool, clock, index, TracingEffect()) for _ in range(2))
    await insert_incidents(pool, now, range(1, 129))
    await play(clock, 3, one, two)
    await arm_all(pool, clock.at + 10 * SECOND, range(1, 65))
    await play(clock, 11, one, two)
    assert sorted(incident for incident, _, _ in await effects(pool)) == list(range(1, 65))
    await arm_all(pool, clock.at + SECOND, range(65, 129))
    await play(clock, 12, two)
    assert sorted(incident for incident, _, _ in await effects(pool)) == list(range(1, 129))
    epochs = {
        row["fired_epoch"]
        for row in await pool.fetch("SELECT fired_epoch FROM timer WHERE incident_id > 64")
    }
    assert epochs == {2}


async def test_resumed_former_owner_fires_nothing(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    frozen, other = (a_runner(pool, clock, index, TracingEffect()) for _ in range(2))
    await insert_incidents(pool, now, range(1, 65))
    await frozen.run_once()
    frozen.note_armed(await arm_all(pool, now + 5 * SECOND, range(1, 65)))
    await play(clock, 30, other, step=1)
    fired = await effects(pool)
    assert len(fired) == 64
    await play(clock, 10, frozen, other, step=1)
    assert await effects(pool) == fired


async def test_highest_priority_of_backlog_fires_first(
    pool: Pool, clock: FakeClock, now: datetime
) -> None:
    await insert_incidents(pool, now, range(1, 401), priority=4)
    await insert_incidents(pool, now, range(401, 421), priority=1)
    await arm_all(pool, now - 60 * SECOND, range(1, 401))
    await arm_all(pool, now - 30 * SECOND, range(401, 421))
    fire = TracingEffect()
    await a_runner(pool, clock, None, fire).run_once()
    order = [incident for batch in fire.batches for incident in batch]
    assert sorted(order) == list(range(1, 421))
    worst_first = [
        set(batch[:20]) for batch in fire.batches[:LANES]
    ]  # lanes that begin together may end in any order
    assert set(range(401, 421)) in worst_first


async def test_four_runners_fire_five_thousand_timers_once_each(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    fires = [TracingEffect() for _ in range(4)]
    runners = [a_runner(pool, clock, index, fire) for fire in fires]
    await insert_incidents(pool, now, range(1, 5_001))
    await arm_all(pool, now - timedelta(minutes=1), range(1, 5_001))
    for _ in range(40):
        await asyncio.gather(*(runner.run_once() for runner in runners))
        clock.advance(SECOND)
        if await pool.fetchval("SELECT NOT EXISTS (SELECT FROM timer WHERE armed)"):
            break
    assert len(await effects(pool)) == 5_000
    assert sorted(
        incident for fire in fires for batch in fire.batches for incident in batch
    ) == list(range(1, 5_001))


async def test_run_fires_until_stopped_and_releases_leases(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    fired = asyncio.Event()

    async def fire(conn: Connection, timers: Sequence[DueTimer], at: datetime) -> FiringEffect:
        assert await conn.fetchval("SELECT $1::timestamptz >= max(due_at) FROM timer", at)
        assert timers
        fired.set()
        return FiringEffect()

    runner, stop = a_runner(pool, clock, index, fire), asyncio.Event()
    await insert_incidents(pool, now, [7])
    await arm_all(pool, now + SECOND, [7])
    running = asyncio.create_task(runner.run(stop))
    while not fired.is_set():
        await pool.fetchval("SELECT 1")
        clock.advance(timedelta(seconds=0.05))
    assert runner.healthy
    stop.set()
    await running
    assert not runner.healthy
    assert await pool.fetchval("SELECT count(*) FROM shard_lease WHERE owner IS NOT NULL") == 0
