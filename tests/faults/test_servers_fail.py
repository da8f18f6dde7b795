"""PostgreSQL loses every connection or crashes; Valkey freezes.

No request gets worse than 503, nothing acknowledged is lost, and all is answered within 5 s.
"""

import asyncio
import signal
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from gateway.access.keys import Scope
from gateway.embedded.launcher import EmbeddedServers
from tests.support.armed import ALL_FIRED, arm_many, count_firings
from tests.support.process import (
    CLOCK,
    choose_size,
    make_key,
    print_figures,
    replicas,
    wait_until_true,
)
from tests.support.sender import Sender, judge
from tests.support.servers import embedded_process, restart_postgres

TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'gateway%'"
)
RATE = 200


async def recovered(sender: Sender) -> float:
    """Return the seconds until a new event is acknowledged."""
    began = CLOCK.monotonic()
    await asyncio.wait_for(sender.event("after"), 10)
    return CLOCK.monotonic() - began


@pytest.mark.timeout(choose_size(60, 240))
async def test_postgresql_disconnects_and_crashes_cause_only_503(
    own_servers: EmbeddedServers, tmp_path: Path
) -> None:
    url, stop, waits = own_servers.database_url, asyncio.Event(), []
    key = await make_key(url, Scope.INGEST)
    async with (
        replicas(1, url, own_servers.redis_url, tmp_path) as [gateway],
        Sender([gateway.url], key) as sender,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(sender.send_at_rate(RATE, stop))
        for _ in range(choose_size(1, 20)):
            await CLOCK.sleep(0.5)
            conn = await asyncpg.connect(url)
            await conn.execute(TERMINATE)
            await conn.close()
            waits.append(await recovered(sender))
        for _ in range(choose_size(1, 10)):
            await CLOCK.sleep(0.5)
            await restart_postgres(own_servers)
            waits.append(await recovered(sender))
        stop.set()
    verdict, answers = await judge(url, sender.ledger), sender.answers()
    slowest = max(second for sent in sender.ledger for second in sent.seconds)
    print_figures(
        events=len(sender.ledger),
        answers=answers,
        slowest_recovery=max(waits),
        slowest_answer=slowest,
    )
    assert verdict.clean, verdict
    assert set(answers) <= {202, 503}
    assert max(waits) <= 5


async def acknowledge_a_record(session: aiohttp.ClientSession) -> float:
    """Create a record and acknowledge it; return the seconds that the acknowledgement took."""
    async with session.post("/api/v1/incidents", json={"title": "while frozen"}) as made:
        number = (await made.json())["number"]
    began = CLOCK.monotonic()
    async with session.post(f"/api/v1/incidents/{number}/acknowledge", json={}) as answer:
        assert answer.status == 200, await answer.text()
    return CLOCK.monotonic() - began


@pytest.mark.timeout(choose_size(60, 120))
async def test_frozen_valkey_delays_only_timers(
    own_servers: EmbeddedServers, tmp_path: Path
) -> None:
    url, stop, frozen = (
        own_servers.database_url,
        asyncio.Event(),
        embedded_process(own_servers, "Valkey").process,
    )
    key, acks = await make_key(url, Scope.INGEST, Scope.ADMIN), []
    conn = await asyncpg.connect(url)
    head = {"Authorization": f"Bearer {key}"}
    async with (
        replicas(1, url, own_servers.redis_url, tmp_path) as [gateway],
        Sender([gateway.url], key) as sender,
        aiohttp.ClientSession(gateway.url, headers=head) as session,
    ):
        frozen.send_signal(signal.SIGSTOP)
        try:
            thaw = CLOCK.monotonic() + choose_size(3, 10)
            sending = asyncio.create_task(sender.send_at_rate(RATE / 2, stop, at_once=100))
            await arm_many(conn, choose_size(300, 5_000), 1, choose_size(2, 9))
            while CLOCK.monotonic() < thaw:
                acks.append(await acknowledge_a_record(session))
                await CLOCK.sleep(0.2)
        finally:
            frozen.send_signal(signal.SIGCONT)
        stop.set()
        await sending
        await wait_until_true(conn, ALL_FIRED, 20)
    found = await count_firings(conn)
    await conn.close()
    verdict, slowest = (
        await judge(url, sender.ledger),
        max(second for sent in sender.ledger for second in sent.seconds),
    )
    print_figures(
        answers=sender.answers(),
        slowest_intake=slowest,
        slowest_acknowledgement=max(acks),
        found=found,
    )
    assert verdict.clean, verdict
    assert set(sender.answers()) == {202}
    assert max(slowest, *acks) <= 2
    assert found.right, found
    assert found.latest <= 5, found
