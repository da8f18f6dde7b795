from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.db.pool import Pool
from tests.dedup.silenced import Site
from tests.support.clock import FakeClock
from tests.support.intake import (
    IntakeHarness,
    intake_harness,
    settings,
    with_service_rule,
)


@pytest.fixture
async def intake(database_url: str, clock: FakeClock) -> AsyncIterator[IntakeHarness]:
    async with intake_harness(database_url, clock, with_service_rule(settings())) as opened:
        yield opened


@pytest.fixture
async def site(pool: Pool, database_url: str, clock: FakeClock) -> Any:
    async with intake_harness(database_url, clock) as intake:
        for slug in ("ours", "theirs"):
            await intake.conn.execute(
                "INSERT INTO integration (slug, name) VALUES ($1, $1) ON CONFLICT DO NOTHING", slug
            )
        yield Site(pool, clock, intake)
