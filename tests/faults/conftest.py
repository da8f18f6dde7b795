"""Servers that only the fault tests hurt."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.migrate import migrate
from gateway.embedded.launcher import EmbeddedServers


@pytest.fixture
async def own_servers() -> AsyncIterator[EmbeddedServers]:
    """A durable PostgreSQL and a Valkey of the test's own, to stop, freeze and kill."""
    async with EmbeddedServers() as servers:
        await migrate(servers.database_url)
        yield servers
