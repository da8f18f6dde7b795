"""Bundled servers that die are started again, but not for ever."""

import asyncio
import signal

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import SystemClock
from gateway.embedded.launcher import Embedded, Server
from gateway.embedded.supervision import AT_MOST, WITHIN, DeathCount, keep_running
from gateway.errors import Unavailable

CLOCK = SystemClock()


def kill(server: Server) -> int:
    server.child.process.send_signal(signal.SIGKILL)
    return server.child.process.pid


Watching = asyncio.Task[None]


async def until_another_answers(server: Server, killed: int, watching: Watching) -> None:
    while server.child.process.pid == killed or not await server.answers():
        assert not watching.done()
        await CLOCK.sleep(0.02)


async def test_each_server_is_started_again_on_its_data() -> None:
    async with Embedded(fast=True) as embedded:
        watching = asyncio.create_task(keep_running(embedded, CLOCK))
        conn = await asyncpg.connect(embedded.database_url)
        await conn.execute("CREATE TABLE kept AS SELECT 1 AS one")
        await conn.execute("CHECKPOINT")
        for server in embedded.servers:
            await until_another_answers(server, kill(server), watching)
        conn = await asyncpg.connect(embedded.database_url)
        assert await conn.fetchval("SELECT one FROM kept") == 1
        await conn.close()
        watching.cancel()


async def test_a_server_that_dies_again_and_again_ends_it() -> None:
    async with Embedded(fast=True) as embedded:
        watching = asyncio.create_task(keep_running(embedded, CLOCK))
        valkey = embedded.servers[0]
        for _ in range(AT_MOST):
            await until_another_answers(valkey, kill(valkey), watching)
        kill(valkey)
        with pytest.raises(Unavailable, match=f"Valkey died {AT_MOST + 1} times: see"):
            await watching


@given(st.lists(st.floats(0, 3 * WITHIN), max_size=40))
def test_deaths_of_the_last_minutes_are_too_many(times: list[float]) -> None:
    count = DeathCount()
    seen: list[float] = []
    for now in sorted(times):
        seen.append(now)
        recent = [time for time in seen if time > now - WITHIN]
        assert count.is_too_many(now) == (len(recent) > AT_MOST)
