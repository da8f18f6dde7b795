"""Servers that only the fault tests stop, freeze and kill."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.migrate import migrate
from gateway.embedded.launcher import EmbeddedServers


@pytest.fixture
async def own_servers() -> AsyncIterator[EmbeddedServers]:
    """Provide a durable PostgreSQL and a Valkey for one test to stop, freeze and kill."""
    async with EmbeddedServers() as servers:
        await migrate(servers.database_url)
        yield servers
