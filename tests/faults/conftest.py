"""Servers that only the fault tests hurt."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.migrate import migrate
from gateway.embedded.launcher import Embedded


@pytest.fixture
async def own_servers() -> AsyncIterator[Embedded]:
    """A durable PostgreSQL and a Valkey of the test's own, to stop, freeze and kill."""
    async with Embedded() as servers:
        await migrate(servers.database_url)
        yield servers
