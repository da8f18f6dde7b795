"""The fixture of the timer index."""

from collections.abc import AsyncIterator

import pytest

from gateway.sla.timers.index import TimerIndex, connect
from tests.support.clock import FakeClock


@pytest.fixture
async def index(redis_url: str, clock: FakeClock) -> AsyncIterator[TimerIndex]:
    opened = TimerIndex(connect(redis_url), clock)
    yield opened
    await opened.close()
