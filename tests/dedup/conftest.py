from collections.abc import AsyncIterator

import pytest

from tests.support.clock import FakeClock
from tests.support.intake import Desk, by_service, intake_desk, settings


@pytest.fixture
async def desk(database_url: str, clock: FakeClock) -> AsyncIterator[Desk]:
    async with intake_desk(database_url, clock, by_service(settings())) as opened:
        yield opened
