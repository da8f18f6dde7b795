"""FLUSHALL and corrupt entries in the index while timers are pending and fall due.

Each timer fires once, none early and none late.
"""

from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from gateway.sla.timers.slots import micros, pack
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import TimerKind
from tests.support.armed import ALL_FIRED, arm_many, count_firings, last_due_ids
from tests.support.process import (
    CLOCK,
    choose_size,
    print_figures,
    replicas,
    seeded_random,
    wait_until_true,
)

TIMERS = choose_size(5_000, 100_000)
FIRST = choose_size(3, 10)
SPAN = choose_size(3, 60)


async def corrupt_index(
    conn: "asyncpg.Connection[asyncpg.Record]", client: "redis.asyncio.Redis"
) -> None:
    """Mark the last timers as due now, and add entries that are no timers."""
    now = micros(await conn.fetchval("SELECT clock_timestamp()")) // 1000
    for incident in await last_due_ids(conn, 200):
        shard, slot, member = pack(TimerId(incident, TimerKind.AUTO_CLOSE), now)
        await client.sadd(f"{{sla:{shard}}}:{slot}:0", str(member), "rubbish", str(2**62 + member))
        await client.zadd(f"{{sla:{shard}}}:slots", {f"{slot}:0": slot, "no slot": slot})


@pytest.mark.timeout(choose_size(60, 240))
async def test_wiped_or_corrupted_index_does_not_affect_timers(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    chance, client, conn = (
        seeded_random(),
        redis.asyncio.from_url(redis_url),
        await asyncpg.connect(database_url),
    )
    try:
        async with replicas(1, database_url, redis_url, tmp_path):
            await arm_many(conn, TIMERS, FIRST, FIRST + SPAN)
            await CLOCK.sleep(2)
            await corrupt_index(conn, client)
            for number in range(choose_size(2, 20)):
                await CLOCK.sleep(chance.uniform(0.5, 1.5))
                if number % 3 == 2:
                    await client.flushall()
                else:
                    await corrupt_index(conn, client)
            await wait_until_true(conn, ALL_FIRED, SPAN + 30)
        found = await count_firings(conn)
    finally:
        await conn.close()
        await client.aclose()
    print_figures(timers=TIMERS, within_seconds=SPAN, found=found)
    assert found.right, found
    assert found.latest <= 10, found
