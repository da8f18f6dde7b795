"""A gateway killed with SIGKILL between sending messages and settling them.

No message is lost, and a message that is sent again has the id it had before.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from gateway.access.keys import Scope
from tests.support.process import (
    CLOCK,
    choose_size,
    make_key,
    print_figures,
    replicas,
    seeded_random,
    wait_until_true,
)

CONFIGURATION = """
[notify.recipients]
incident_manager = ["webhook:http://127.0.0.1:{port}/told"]
[notify.webhook]
allow_private = true
"""
VISIBLE = "UPDATE outbox SET next_attempt_at = now() WHERE state = 'pending'"
SETTLED = "SELECT NOT EXISTS (SELECT FROM outbox WHERE state = 'pending')"
OWED = "SELECT id::text FROM outbox WHERE channel = 'webhook' AND state = 'sent'"
OPENED = "SELECT count(DISTINCT incident_id) FROM outbox WHERE template = 'opened'"


class Receiver:
    """A receiver of webhooks that takes its time, so that kills fall between send and settle."""

    def __init__(self) -> None:
        self.ids: Counter[str] = Counter()
        self.port = 0
        self.chance = seeded_random()

    async def take(self, request: web.Request) -> web.Response:
        self.ids[request.headers["webhook-id"]] += 1
        await CLOCK.sleep(self.chance.uniform(0, 0.2))
        return web.Response()


@pytest.mark.timeout(choose_size(240, 900))
async def test_no_message_is_lost_or_sent_under_a_new_id_despite_kills(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    count, kills = choose_size(60, 1_500), 0
    conn = await asyncpg.connect(database_url)
    async with (
        receiver() as heard,
        replicas(1, database_url, redis_url, tmp_path, CONFIGURATION.format(port=heard.port)) as [
            gateway
        ],
    ):
        await report(gateway.url, await make_key(database_url, Scope.INGEST), count)
        while kills < choose_size(2, 40) and not await conn.fetchval(SETTLED):
            enough = heard.ids.total() + 2
            while heard.ids.total() < enough and not await conn.fetchval(SETTLED):
                await CLOCK.sleep(0.005)
            gateway.kill()
            await conn.execute(VISIBLE)  # what was claimed comes back after a minute otherwise
            await gateway.start()
            kills += 1
        await wait_until_true(conn, SETTLED, choose_size(60, 300))
    owed = {row["id"] for row in await conn.fetch(OWED)}
    opened = await conn.fetchval(OPENED)
    await conn.close()
    again = sum(times > 1 for times in heard.ids.values())
    print_figures(messages=len(owed), kills=kills, sent_again=again)
    assert owed == set(heard.ids)
    assert (opened, kills >= 1, again >= 1) == (count, True, True)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Run a receiver on a free port."""
    heard = Receiver()
    app = web.Application()
    app.router.add_post("/told", heard.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.port = runner.addresses[0][1]
    try:
        yield heard
    finally:
        await runner.cleanup()


async def report(url: str, key: str, count: int) -> None:
    """Send alerts of priority 1, each of which is told by a message."""
    alerts = [
        {"title": f"alert {number}", "dedup_key": f"k{number}", "severity": "disaster",
         "service": f"service {number}"}
        for number in range(count)
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/ingest/generic", json=alerts, headers=headers) as answer,
    ):
        assert answer.status == 202, await answer.text()
