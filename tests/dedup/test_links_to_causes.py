"""Effects are linked to a cause that is urgent enough, and a later cause takes over its effects."""

from collections.abc import AsyncIterator

import pytest

from gateway.db.pool import Pool
from gateway.vocabulary import Outcome
from tests.dedup.masters import linked
from tests.support.clock import FakeClock
from tests.support.gateway_harness import GatewayHarness, gateway_harness
from tests.support.intake import (
    RESOLVED,
    IntakeHarness,
    make_alert,
    make_submission,
    settings,
    with_service_rule,
)

SILENCE = """
INSERT INTO silence (id, integration_id, matchers, starts_at, ends_at, created_by, comment,
    updated_at)
VALUES (gen_random_uuid(), NULL, '[]', $1, $1::timestamptz + interval '1 hour', 'ann', 'x', $1)
"""


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(
        pool, database_url, clock, with_service_rule(settings())
    ) as furnished:
        yield furnished


PROPOSED = """
SELECT i.ci, m.ci AS master FROM proposed_link p
JOIN incident i ON i.id = p.incident_id JOIN incident m ON m.id = p.master_id
"""


async def proposals(harness: GatewayHarness) -> list[tuple[str, str]]:
    return [(row["ci"], row["master"]) for row in await harness.pool.fetch(PROPOSED)]


async def test_critical_effect_of_mild_cause_is_only_proposed(harness: GatewayHarness) -> None:
    await harness.alert("san-1", severity="info")
    effect = await harness.alert("crm-web1", severity="critical")
    assert effect["master_id"] is None
    assert effect["next_due_at"] is not None
    assert await proposals(harness) == [("crm-web1", "san-1")]


async def test_effect_joins_nearest_cause_that_is_urgent_enough(harness: GatewayHarness) -> None:
    far, _ = (
        await harness.alert("san-1", severity="critical"),
        await harness.alert("crm-db1", severity="info"),
    )
    effect = await harness.alert("crm-web1", severity="critical")
    assert effect["master_id"] == far["id"]


async def test_later_mild_cause_takes_over_only_milder_effects(harness: GatewayHarness) -> None:
    grave, mild = (
        await harness.alert("crm-web1", severity="critical"),
        await harness.alert("erp-web1", severity="info"),
    )
    cause = await harness.alert("san-1", severity="warning")
    rows = [await harness.row(one["number"]) for one in (grave, mild)]
    assert [row["master_id"] for row in rows] == [None, cause["id"]]
    assert await proposals(harness) == [("crm-web1", "san-1")]
    assert [event for event, _ in await harness.facts(grave["number"])][-1] == "link_proposed"


async def test_critical_symptom_and_mild_cause_of_one_request_are_not_linked(
    harness: GatewayHarness,
) -> None:
    alerts = [
        make_alert("web", ci="crm-web1", severity="critical"),
        make_alert("san", ci="san-1", severity="info"),
    ]
    await harness.intake.take(make_submission(*alerts))
    assert (
        await harness.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NOT NULL")
        == 0
    )
    assert await proposals(harness) == [("crm-web1", "san-1")]


async def test_returning_security_alert_opens_unlinked_security_incident(
    intake: IntakeHarness,
) -> None:
    await intake.one("intruder", service="pay")
    await intake.conn.execute(
        "UPDATE incident SET security = true, state = 'closed', closed_at = recorded_at"
    )
    await intake.one("ordinary", service="pay", severity="critical")
    await intake.one("intruder", service="pay")
    await intake.one("later", service="pay", severity="info")
    rows = await intake.rows(
        "SELECT dedup_key, security FROM incident WHERE state = 'logged' ORDER BY id"
    )
    assert [(row["dedup_key"], row["security"]) for row in rows] == [
        ("ordinary", False),
        ("intruder", True),
        ("later", False),
    ]
    assert await linked(intake) == {"intruder": None, "ordinary": None, "later": "ordinary"}


async def test_returning_security_alert_opens_security_incident_after_silence(
    intake: IntakeHarness,
) -> None:
    await intake.one("intruder")
    await intake.conn.execute(
        "UPDATE incident SET security = true, state = 'closed', closed_at = recorded_at"
    )
    await intake.conn.execute(SILENCE, intake.clock.at)
    assert [(await intake.one("intruder")).outcome for _ in range(3)] == [Outcome.SUPPRESSED] * 3
    await intake.conn.execute("DELETE FROM silence")
    assert (await intake.one("intruder")).outcome is Outcome.OPENED
    assert await intake.rows("SELECT security FROM incident WHERE state = 'logged'") == [
        {"security": True}
    ]


async def test_cause_cleared_in_same_request_takes_over_nothing(harness: GatewayHarness) -> None:
    effect = await harness.alert("crm-web1")
    await harness.intake.take(
        make_submission(make_alert("san", ci="san-1"), make_alert("san", RESOLVED, ci="san-1"))
    )
    assert (await harness.row(effect["number"]))["master_id"] is None
    assert [event for event, _ in await harness.facts(effect["number"])] == ["opened"]
    assert await proposals(harness) == []
