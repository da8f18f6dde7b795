"""The SQL statements on the table `timer`."""

from datetime import datetime, timedelta

from gateway.db.pool import Pool
from gateway.incidents.arming import SHARDS, arm_timers
from gateway.sla.timers.timer_store import (
    Armed,
    DueTimer,
    TimerId,
    armed_page,
    due_soon,
    lock_due,
    mark_fired,
    postpone,
)
from gateway.vocabulary import TimerKind
from tests.support.timers import arm_all, insert_incidents

SECOND = timedelta(seconds=1)
ONE = TimerId(1, TimerKind.SLA)


async def generation(pool: Pool) -> tuple[int, bool]:
    row = await pool.fetchrow("SELECT gen, armed FROM timer WHERE incident_id = 1")
    assert row is not None
    return row["gen"], row["armed"]


async def test_generation_changes_only_with_timer(pool: Pool, now: datetime) -> None:
    steps = [
        (now, (1, True)),
        (now, (1, True)),
        (now + SECOND, (2, True)),
        (None, (3, False)),
        (None, (3, False)),
        (now, (4, True)),
    ]
    async with pool.acquire() as conn:
        for due_at, expected in steps:
            await arm_timers(conn, [(1, TimerKind.SLA, due_at)])
            assert await generation(pool) == expected


async def test_disarming_unarmed_timer_writes_nothing_and_last_arm_in_batch_counts(
    pool: Pool, now: datetime
) -> None:
    async with pool.acquire() as conn:
        await arm_timers(
            conn,
            [(5, TimerKind.SLA, None), (1, TimerKind.SLA, now), (1, TimerKind.SLA, now + SECOND)],
        )
    rows = [tuple(row) for row in await pool.fetch("SELECT incident_id, due_at, shard FROM timer")]
    assert rows == [(1, now + SECOND, 1)]


async def test_only_due_and_unlocked_timers_are_locked(pool: Pool, now: datetime) -> None:
    await insert_incidents(pool, now, [1, 2, 3])
    await arm_all(pool, now, [1, 2])
    await arm_all(pool, now + timedelta(microseconds=1), [3])
    ids = [TimerId(n, TimerKind.SLA) for n in (1, 2, 3, 1)]
    async with (
        pool.acquire() as first,
        pool.acquire() as second,
        first.transaction(),
        second.transaction(),
    ):
        await first.execute("SELECT FROM incident WHERE id = 2 FOR UPDATE")
        mine = await lock_due(second, ids, now)
        assert mine is not None
        assert (mine.now, mine.timers) == (now, (DueTimer(1, TimerKind.SLA, 1, now),))
        assert await lock_due(first, [ONE], now) is None


async def test_settling_older_generation_changes_nothing(pool: Pool, now: datetime) -> None:
    await arm_all(pool, now, [1])
    async with pool.acquire() as conn:
        await arm_timers(conn, [(1, TimerKind.SLA, now + SECOND)])
        assert await mark_fired(conn, [DueTimer(1, TimerKind.SLA, 1, now)], [1], now) == 0
        assert (
            await mark_fired(conn, [DueTimer(1, TimerKind.SLA, 2, now + SECOND)], [None], now) == 1
        )
        assert await mark_fired(conn, [DueTimer(1, TimerKind.SLA, 2, now + SECOND)], [1], now) == 0
    assert await generation(pool) == (2, False)


async def test_paged_scan_returns_every_armed_timer_of_shard_once(
    pool: Pool, now: datetime
) -> None:
    expected = await arm_all(pool, now, range(SHARDS, SHARDS * 11, SHARDS))
    await arm_all(pool, now, [1])
    pages: list[Armed] = []
    async with pool.acquire() as conn:
        page = await armed_page(conn, 0, limit=3)
        while page:
            pages += page
            page = await armed_page(conn, 0, page[-1], limit=3)
    assert pages == expected


async def test_due_soon_covers_past_and_horizon(pool: Pool, now: datetime) -> None:
    await arm_all(pool, now - 11 * SECOND, [1])
    await arm_all(pool, now + 59 * SECOND, [2])
    await arm_all(pool, now + 61 * SECOND, [3])
    async with pool.acquire() as conn:
        assert [t.incident_id for t in await due_soon(conn, range(SHARDS), now, 60 * SECOND)] == [
            1,
            2,
        ]
        assert [t.incident_id for t in await due_soon(conn, range(SHARDS), now, -10 * SECOND)] == [
            1
        ]
        assert await due_soon(conn, [9], now, 60 * SECOND) == []


async def test_postponed_timer_gets_new_due_time_and_generation(pool: Pool, now: datetime) -> None:
    await arm_all(pool, now - timedelta(hours=1), [1])
    async with pool.acquire() as conn:
        assert await postpone(conn, ONE, now, 60 * SECOND) == [
            Armed(1, TimerKind.SLA, now + 60 * SECOND)
        ]
        await arm_timers(conn, [(1, TimerKind.SLA, None)])
        assert await postpone(conn, ONE, now, 60 * SECOND) == []
