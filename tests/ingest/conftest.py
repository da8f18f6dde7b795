"""The fixture of a gateway that receives requests of senders."""

from collections.abc import AsyncIterator

import pytest

from gateway.settings import load
from tests.support.served import RunningGateway, served


@pytest.fixture
async def gateway(database_url: str, redis_url: str) -> AsyncIterator[RunningGateway]:
    async with served(
        load(None, {"DATABASE_URL": database_url, "REDIS_URL": redis_url})
    ) as running:
        yield running
