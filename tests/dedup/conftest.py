from collections.abc import AsyncIterator

import pytest

from tests.support.clock import FakeClock
from tests.support.intake import Desk, intake_desk


@pytest.fixture
async def desk(database_url: str, clock: FakeClock) -> AsyncIterator[Desk]:
    async with intake_desk(database_url, clock) as opened:
        yield opened
