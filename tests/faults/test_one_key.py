"""Many senders post the same dedup key at once, firing and resolving.

One incident is open, and every firing is counted.
"""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from gateway.access.keys import Scope
from tests.support.process import choose_size, make_key, print_figures, replicas
from tests.support.sender import Sender, judge

ROUNDS = choose_size(1, 100)
LIVE = """
SELECT key_hash, count(*) AS n FROM incident
WHERE key_hash IS NOT NULL
  AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated') GROUP BY key_hash
"""
EVER = "SELECT count(*) FROM incident WHERE key_hash IS NOT NULL"


@pytest.mark.timeout(choose_size(60, 300))
@pytest.mark.parametrize("count", [1, 2])
async def test_concurrent_events_on_one_key_make_one_open_incident(
    database_url: str, redis_url: str, tmp_path: Path, count: int
) -> None:
    key = await make_key(database_url, Scope.INGEST)
    async with (
        replicas(count, database_url, redis_url, tmp_path) as gateways,
        Sender([g.url for g in gateways], key) as sender,
    ):
        for number in range(ROUNDS):
            posts = (
                sender.event(f"race-{number}", "resolved" if place % 5 == 4 else "firing")
                for place in range(200)
            )
            await asyncio.gather(*posts)
            await sender.event(f"race-{number}")
    verdict, conn = await judge(database_url, sender.ledger), await asyncpg.connect(database_url)
    live, ever = [row["n"] for row in await conn.fetch(LIVE)], await conn.fetchval(EVER)
    await conn.close()
    print_figures(
        replicas=count,
        events=len(sender.ledger),
        answers=sender.answers(),
        incidents=ever,
        live=len(live),
    )
    assert verdict.clean, verdict
    assert live == [1] * ROUNDS
    assert set(sender.answers()) <= {202, 503}
