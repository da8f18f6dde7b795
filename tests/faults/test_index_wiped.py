"""FLUSHALL and rubbish in the index while timers wait and fall due.

Each fires once, none early, none late.
"""

from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from gateway.sla.timers.slots import micros, pack
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import TimerKind
from tests.support.armed import ALL_FIRED, arm_many, some_ids, tally
from tests.support.process import CLOCK, chosen, replicas, report, seeded, until

TIMERS = chosen(5_000, 100_000)
FIRST = chosen(3, 10)
SPAN = chosen(3, 60)


async def corrupt_index(
    conn: "asyncpg.Connection[asyncpg.Record]", client: "redis.asyncio.Redis"
) -> None:
    """Claim that timers of the far end are due now, and put in what is no timer at all."""
    now = micros(await conn.fetchval("SELECT clock_timestamp()")) // 1000
    for incident in await some_ids(conn, 200):
        shard, slot, member = pack(TimerId(incident, TimerKind.AUTO_CLOSE), now)
        await client.sadd(f"{{sla:{shard}}}:{slot}:0", str(member), "rubbish", str(2**62 + member))
        await client.zadd(f"{{sla:{shard}}}:slots", {f"{slot}:0": slot, "no slot": slot})


@pytest.mark.timeout(chosen(60, 240))
async def test_wiped_or_corrupted_index_does_not_affect_timers(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    chance, client, conn = (
        seeded(),
        redis.asyncio.from_url(redis_url),
        await asyncpg.connect(database_url),
    )
    try:
        async with replicas(1, database_url, redis_url, tmp_path):
            await arm_many(conn, TIMERS, FIRST, FIRST + SPAN)
            await CLOCK.sleep(2)
            await corrupt_index(conn, client)
            for number in range(chosen(2, 20)):
                await CLOCK.sleep(chance.uniform(0.5, 1.5))
                if number % 3 == 2:
                    await client.flushall()
                else:
                    await corrupt_index(conn, client)
            await until(conn, ALL_FIRED, SPAN + 30)
        found = await tally(conn)
    finally:
        await conn.close()
        await client.aclose()
    report(timers=TIMERS, within_seconds=SPAN, found=found)
    assert found.right, found
    assert found.latest <= 10, found
