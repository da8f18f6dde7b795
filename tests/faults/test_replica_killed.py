"""Two replicas on one database and one Valkey.

One is killed with timers pending, and the other fires them once.
"""

from pathlib import Path

import asyncpg
import pytest

from tests.support.armed import ALL_FIRED, arm_many, count_firings
from tests.support.process import CLOCK, choose_size, print_figures, replicas, wait_until_true

TIMERS = choose_size(2_000, 20_000)
FIRST = choose_size(6, 8)
"""Seconds until the first timer is due: more than the 5 s between two sweeps."""
ONE_OWNS = "SELECT count(owner) = 64 FROM shard_lease"
BOTH_OWN = "SELECT count(DISTINCT owner) = 2 AND count(owner) = 64 FROM shard_lease"
OF_ANOTHER = "SELECT array_agg(shard::int) FROM shard_lease WHERE owner <> $1"
LEFT = "SELECT count(*) FROM timer WHERE armed AND shard = ANY($1::int[])"
TAKEN_OVER = """
SELECT coalesce(extract(epoch FROM min(t.fired_at) - $1::timestamptz), 0)::float FROM timer t
WHERE t.shard = ANY($2::int[]) AND t.fired_at > $1::timestamptz
"""


@pytest.mark.timeout(choose_size(60, 120))
async def test_timers_of_killed_replica_fire_once_within_ten_seconds(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    conn = await asyncpg.connect(database_url)
    try:
        async with replicas(1, database_url, redis_url, tmp_path):
            await wait_until_true(conn, ONE_OWNS, 15)
            survivor = await conn.fetchval("SELECT id FROM replica")
            async with replicas(1, database_url, redis_url, tmp_path) as [victim]:
                await wait_until_true(conn, BOTH_OWN, 15)
                began = CLOCK.monotonic()
                await arm_many(conn, TIMERS, FIRST, FIRST + 4)
                await CLOCK.sleep(began + FIRST + 0.5 - CLOCK.monotonic())
                orphaned = await conn.fetchval(OF_ANOTHER, survivor)
                left = await conn.fetchval(LEFT, orphaned)
                victim.kill()
                killed = await conn.fetchval("SELECT clock_timestamp()")
                await wait_until_true(conn, ALL_FIRED, 30)
            next_firing = await conn.fetchval(TAKEN_OVER, killed, orphaned)
        found = await count_firings(conn)
    finally:
        await conn.close()
    print_figures(timers=TIMERS, left_at_kill=left, next_owner_after=next_firing, found=found)
    assert left > TIMERS / 8, "too few were pending to prove anything"
    assert found.right, found
    assert max(found.latest, next_firing) <= 10, found
