"""A measurement of many timers on a running gateway.

Records are inserted whose next threshold is due when wanted; then their firing times are read.
"""

import asyncio
import time
from dataclasses import dataclass

import asyncpg
import redis.asyncio

HALF_OF_DESK = "150 seconds"
"""The time to the warning of a record of priority 3: half of its five minutes at the desk."""

SEED = """
WITH moments AS (
  SELECT nextval('incident_id_seq') AS id,
    $2::timestamptz + n * ($3::interval / $1) - interval '150 seconds' AS recorded_at
  FROM generate_series(0, $1 - 1) AS n),
records AS (
  INSERT INTO incident (id, number, priority, impact, urgency, title, source, occurred_at,
                        recorded_at, updated_at, policy, ledger, next_due_at, version,
                        timeline_hash)
  SELECT id, 'BENCH-' || id, 3, 'group', 'normal', 'seeded', 'bench', recorded_at, recorded_at,
         recorded_at, 'itil-minutes',
         json_build_array(json_build_array((extract(epoch FROM recorded_at) * 1000000)::bigint,
             'record', null, 3, '')), recorded_at + interval '150 seconds', 1, '\\x00'
  FROM moments)
INSERT INTO timer (incident_id, kind, shard, armed, due_at)
SELECT id, 1, id % 64, true, recorded_at + interval '150 seconds' FROM moments
"""

WAITING = """
SELECT EXISTS (
  SELECT FROM timer t JOIN incident i ON i.id = t.incident_id
  WHERE i.source = 'bench' AND i.recorded_at >= $1::timestamptz - interval '150 seconds'
    AND t.fired_at IS NULL)
"""

LATENESS = """
SELECT count(*) AS fired, min(late) AS earliest,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY late) AS p50,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY late) AS p99, max(late) AS latest
FROM (SELECT extract(epoch FROM t.fired_at - i.recorded_at - interval '150 seconds')::float8 AS late
      FROM timer t JOIN incident i ON i.id = t.incident_id
      WHERE i.source = 'bench' AND i.recorded_at >= $1::timestamptz - interval '150 seconds'
        AND t.fired_at IS NOT NULL) AS fired
"""


@dataclass(frozen=True)
class Herd:
    """A number of timers, due evenly over `spread` seconds.

    The first is due `ahead` seconds from now.
    """

    count: int
    spread: float
    ahead: float


async def run_herd(database_url: str, redis_url: str, herd: Herd) -> dict[str, float]:
    """Insert timers, rebuild the index and wait until all fired; return seconds and bytes."""
    conn = await asyncpg.connect(database_url)
    client = redis.asyncio.from_url(redis_url)
    try:
        before = (await client.info("memory"))["used_memory"]
        due = await conn.fetchval(
            "SELECT statement_timestamp() + $1::float8 * interval '1 s'", herd.ahead
        )
        await conn.execute(
            SEED.replace("$3::interval", f"interval '{herd.spread} seconds'"), herd.count, due
        )
        await conn.execute("ANALYZE timer")
        await client.flushall()
        peak = await _wait(conn, client, due, herd)
        row = dict(await conn.fetchrow(LATENESS, due) or {})
        return {name: round(float(value), 4) for name, value in row.items()} | {
            "index_bytes_per_timer": round(max(0, peak - before) / herd.count, 1)
        }
    finally:
        await conn.close()
        await client.aclose()


async def _wait(
    conn: "asyncpg.Connection[asyncpg.Record]",
    client: "redis.asyncio.Redis",
    due: object,
    herd: Herd,
) -> int:
    """Wait until no timer is pending, two minutes after the last due time at most.

    Return the largest amount of memory that Redis used meanwhile.
    """
    until = time.monotonic() + herd.ahead + herd.spread + 120
    peak: int = 0
    while time.monotonic() < until:
        peak = max(peak, int((await client.info("memory"))["used_memory"]))
        if not await conn.fetchval(WAITING, due):
            return peak
        await asyncio.sleep(0.25)
    raise TimeoutError("not every timer fired within two minutes")
