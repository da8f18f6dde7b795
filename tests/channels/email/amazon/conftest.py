"""Fixtures of a gateway that takes in mail which Amazon SES received."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.email.amazon.ses_calls import World, a_gateway
from tests.support.served import RunningGateway


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def gateway(database_url: str, world: World) -> AsyncIterator[RunningGateway]:
    async with a_gateway(database_url, world) as running:
        yield running
