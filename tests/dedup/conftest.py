from collections.abc import AsyncIterator

import pytest

from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, by_service, intake_harness, settings


@pytest.fixture
async def intake(database_url: str, clock: FakeClock) -> AsyncIterator[IntakeHarness]:
    async with intake_harness(database_url, clock, by_service(settings())) as opened:
        yield opened
