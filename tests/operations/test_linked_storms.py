"""An alert storm that a person linked to a master still collects its alerts itself."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.pool import Pool
from gateway.operations.link import link
from gateway.vocabulary import Impact, Urgency
from tests.support.clock import FakeClock
from tests.support.gateway_harness import HAND, GatewayHarness, gateway_harness
from tests.support.intake import RESOLVED, settings

STORMY = {"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "2"}
STORM = "SELECT number FROM incident WHERE storm"
FIRING = (
    "SELECT i.number FROM alert a JOIN incident i ON i.id = a.incident_id WHERE a.dedup_key = $1"
)


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(pool, database_url, clock, settings(STORMY)) as furnished:
        yield furnished


async def a_linked_storm(harness: GatewayHarness) -> tuple[str, str]:
    """Create a storm of mild alerts and link it to a record of priority 3; return both numbers."""
    for n in range(4):
        await harness.intake.one(f"k{n}")
    cause = await harness.say("core switch", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    storm = str(await harness.pool.fetchval(STORM))
    await link(harness.uow, storm, cause.number, HAND)
    return storm, cause.number


async def test_new_alert_joins_linked_storm_and_raises_storm_and_master(
    harness: GatewayHarness,
) -> None:
    storm, cause = await a_linked_storm(harness)
    await harness.intake.one("bad", severity="critical")
    assert await harness.pool.fetchval(FIRING, "bad") == storm
    assert [(await harness.row(number))["priority"] for number in (storm, cause)] == [1, 1]
    assert "management_told" in [event for event, _ in await harness.facts(cause)]


async def test_cleared_alert_keeps_linked_storm_open_while_others_fire(
    harness: GatewayHarness,
) -> None:
    storm, cause = await a_linked_storm(harness)
    await harness.intake.one("bad", severity="critical")
    await harness.intake.one("bad", status=RESOLVED)
    assert [(await harness.row(number))["state"] for number in (storm, cause)] == [
        "logged",
        "logged",
    ]
