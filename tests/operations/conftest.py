"""The fixture of a gateway with intake and service desk."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.pool import Pool
from tests.support.clock import FakeClock
from tests.support.gateway_harness import GatewayHarness, gateway_harness
from tests.support.intake import settings, with_service_rule


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(
        pool, database_url, clock, with_service_rule(settings())
    ) as furnished:
        yield furnished
