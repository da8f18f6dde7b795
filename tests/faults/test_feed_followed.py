"""A consumer of the change feed ends up with exactly the content of the database.

It is killed at random while many clients write.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from gateway.access.keys import Scope
from tests.support.process import (
    CLOCK,
    ROOT,
    choose_size,
    make_key,
    print_figures,
    replicas,
    seeded_random,
)

WRITERS = choose_size(4, 16)
SECONDS = choose_size(2, 60)
TOLD = (
    "SELECT i.number || ' ' || t.seq AS line FROM timeline t "
    "JOIN incident i ON i.id = t.incident_id"
)


async def write(session: aiohttp.ClientSession, until: float) -> None:
    """Create records and add notes to them until the time is over."""
    number, count = "", 0
    while CLOCK.monotonic() < until:
        path, body = (
            (f"/{number}/note", {"note": "n"}) if count % 5 else ("", {"title": "followed"})
        )
        async with session.post(f"/api/v1/incidents{path}", json=body) as answer:
            made: dict[str, Any] = await answer.json()
            assert answer.status in {200, 201}, made
        number, count = (number if path else made["number"]), count + 1


async def linger(conn: "asyncpg.Connection[Any]", until: float) -> None:
    """Write changes in transactions that begin before their neighbours and commit after them."""
    while CLOCK.monotonic() < until:
        async with conn.transaction():
            await conn.execute(LATE)
            await CLOCK.sleep(0.2)


LATE = """
WITH chosen AS (SELECT id FROM incident ORDER BY id LIMIT 1)
INSERT INTO timeline (incident_id, seq, at, actor, event, facts, hash)
SELECT id, 1000000 + nextval('incident_id_seq')::int, clock_timestamp(), 'late', 'note', '{}', ''
FROM chosen
"""


def seen_in(folder: Path) -> list[str]:
    return [line for line in (folder / "seen").read_text().splitlines() if line]


@pytest.mark.timeout(choose_size(60, 240))
async def test_killed_feed_consumer_misses_no_change(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    chance, kills = seeded_random(), 0
    key, conn = await make_key(database_url, Scope.ADMIN), await asyncpg.connect(database_url)
    try:
        async with (
            replicas(1, database_url, redis_url, tmp_path) as [gateway],
            aiohttp.ClientSession(
                gateway.url, headers={"Authorization": f"Bearer {key}"}
            ) as session,
        ):
            command = [sys.executable, "-m", "tests.faults.puller", gateway.url, key, str(tmp_path)]
            puller, end = subprocess.Popen(command, cwd=ROOT), CLOCK.monotonic() + SECONDS
            writing = asyncio.gather(
                linger(conn, end), *(write(session, end) for _ in range(WRITERS))
            )
            try:
                while not writing.done():
                    await CLOCK.sleep(chance.uniform(0.3, 1.2))
                    puller.kill()
                    puller.wait()
                    puller, kills = subprocess.Popen(command, cwd=ROOT), kills + 1
                await writing
                told = {row["line"] for row in await conn.fetch(TOLD)}
                caught_up = CLOCK.monotonic() + 20
                while not told <= set(seen_in(tmp_path)) and CLOCK.monotonic() < caught_up:
                    await CLOCK.sleep(0.1)
            finally:
                puller.kill()
                puller.wait()
    finally:
        await conn.close()
    seen = seen_in(tmp_path)
    print_figures(
        changes=len(told),
        kills=kills,
        seen_again=len(seen) - len(set(seen)),
        missed=len(told - set(seen)),
    )
    assert told - set(seen) == set()
    assert {line for line in seen if line.count(" ") == 1} - told == set()
    assert kills >= 3
