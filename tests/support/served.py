"""The whole gateway in the test's own event loop, on the test's servers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
import msgspec
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.app import run_replica
from gateway.db.pool import Pool
from gateway.ingest.http import Fetch
from gateway.settings import Duration, Settings
from gateway.timing.clock import Clock, SystemClock
from tests.support.forker import FORKER
from tests.support.pools import BorrowedPool

LONG_DEADLINE = Duration(seconds=30)
"""A deadline for requests that the slowest machine keeps; other tests are about deadlines."""


@dataclass
class RunningGateway:
    """A running gateway with keys by name.

    `ingest` and `read` belong to one integration, `write` to the same, `other` ingests for
    another one.
    """

    client: TestClient[web.Request, web.Application]
    keys: dict[str, str]
    pool: Pool

    def lose_database(self) -> None:
        """Make the database unavailable for operations; intake has a connection of its own."""
        cast("BorrowedPool", self.pool).lose()

    async def post(self, path: str, body: Any, key: str | None = "ingest") -> ClientResponse:
        return await self.client.post(path, json=body, headers=self._sent(key))

    async def get(self, path: str, key: str | None = "ingest", **query: Any) -> tuple[int, Any]:
        answer = await self.client.get(path, params=query, headers=self._sent(key))
        return answer.status, await answer.json(content_type=None)

    def _sent(self, key: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}


@asynccontextmanager
async def served(
    settings: Settings, fetch: Fetch | None = None, clock: Clock | None = None
) -> AsyncIterator[RunningGateway]:
    """Run a gateway with these settings, whose database must be set.

    `fetch` replaces its HTTP client for certificates and keys. Its metrics are public, and
    requests have a long deadline.
    """
    patient = msgspec.structs.replace(settings.server, deadline=LONG_DEADLINE)
    metrics = msgspec.structs.replace(settings.metrics, open=True)
    settings = msgspec.structs.replace(settings, server=patient, metrics=metrics)
    made = await make_keys(settings.database.url)
    async with run_replica(
        settings, clock or SystemClock(), allow_unsafe=True, fetch=fetch, forker=FORKER
    ) as gateway:
        server = TestServer(gateway.app)
        await server.start_server(auto_decompress=False)
        async with TestClient(server) as client:
            yield RunningGateway(client, made, gateway.pool)


async def make_keys(url: str) -> dict[str, str]:
    conn = await asyncpg.connect(url)
    try:
        ours, theirs = [
            await conn.fetchval(
                "INSERT INTO integration (slug, name) VALUES ($1, $1) RETURNING id", slug
            )
            for slug in ("ours", "theirs")
        ]
        wanted = {
            "ingest": (Scope.INGEST, ours),
            "read": (Scope.READ, ours),
            "write": (Scope.WRITE, ours),
        }
        wanted |= {"admin": (Scope.ADMIN, ours), "other": (Scope.INGEST, theirs)}
        return {
            name: (
                await keys.create(conn, name, frozenset({scope}), None, integration_id=integration)
            )[0]
            for name, (scope, integration) in wanted.items()
        }
    finally:
        await conn.close()
