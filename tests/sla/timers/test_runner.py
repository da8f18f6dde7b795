"""One replica's timers, step by step on a clock that moves only when told to."""

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
from tests.support.timers import LeaveTrace, arm_all, effects, seed


async def test_timer_fires_once_and_not_before_due_time(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(pool, clock, index, LeaveTrace())
    await seed(pool, now, [1])
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
    runner = a_runner(pool, clock, index, LeaveTrace())
    await runner.run_once()
    await seed(pool, now, [7])
    await arm_all(pool, now + SECOND, [7])
    await play(clock, 10, runner, step=1)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]


async def test_timers_fire_without_redis(pool: Pool, clock: FakeClock, now: datetime) -> None:
    runner = a_runner(pool, clock, None, LeaveTrace())
    await runner.run_once()
    await seed(pool, now, [7])
    await arm_all(pool, now + 2 * SECOND, [7])
    await play(clock, 2.5, runner)
    assert await effects(pool) == [(7, TimerKind.SLA, 1)]


async def test_disarmed_timer_never_fires(
    pool: Pool, index: TimerIndex, clock: FakeClock, now: datetime
) -> None:
    runner = a_runner(pool, clock, index, LeaveTrace())
    await seed(pool, now, [7])
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
    runner = a_runner(pool, clock, index, LeaveTrace(repeat=2 * SECOND))
    await seed(pool, now, [7])
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
    one, two = (a_runner(pool, clock, index, LeaveTrace()) for _ in range(2))
    await seed(pool, now, range(1, 129))
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
    frozen, other = (a_runner(pool, clock, index, LeaveTrace()) for _ in range(2))
    await seed(pool, now, range(1, 65))
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
    await seed(pool, now, range(1, 401), priority=4)
    await seed(pool, now, range(401, 421), priority=1)
    await arm_all(pool, now - 60 * SECOND, range(1, 401))
    await arm_all(pool, now - 30 * SECOND, range(401, 421))
    fire = LeaveTrace()
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
    fires = [LeaveTrace() for _ in range(4)]
    runners = [a_runner(pool, clock, index, fire) for fire in fires]
    await seed(pool, now, range(1, 5_001))
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
    await seed(pool, now, [7])
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


class Broken(Silent):
    """An observer with a mistake in it, which counts the steps that break by it."""

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
        pool=pool, fire=LeaveTrace(), clock=clock, index=None, replica=uuid4(), observer=observer
    )
    await seed(pool, now, [7])
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
    runner = a_runner(pool, clock, None, LeaveTrace())
    await runner.run_once()
    pool.terminate()
    await play(clock, 40, runner, step=2)
    assert (runner.healthy, runner.broken) == (False, False)


@pytest.fixture
async def unchecked(pool: Pool) -> AsyncIterator[None]:
    """Timers of any time may be written, as another release or a person with SQL might."""
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
    await seed(pool, now, range(1, 201))
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
    runner = a_runner(pool, clock, index if with_index else None, LeaveTrace())
    await play(clock, 15, runner)
    assert {incident for incident, _, _ in await effects(pool)} == set(range(101, 201))
    assert runner.healthy
    async with pool.acquire() as conn:
        metrics = Metrics(CollectorRegistry())
        await count_timers(conn, metrics, clock.at)
    assert metrics.registry.get_sample_value("gateway_timers_set_aside") == 100
    assert metrics.registry.get_sample_value("gateway_timers_overdue") == 0
