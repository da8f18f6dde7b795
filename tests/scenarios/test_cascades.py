"""An action on a master that fails for a related record reports the record and the reason."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

FIELDS = """
[[fields]]
name = "room"
type = "text"
kinds = ["incident"]
required_on = ["close"]
labels = { en = "Room", "zh-CN" = "房间" }
"""
SOLVED: dict[str, Any] = {"solution": "restarted", "related": True}


@pytest.fixture
async def harness(telling: Telling) -> AsyncIterator[Story]:
    async with telling(FIELDS) as story:
        await story.join("tom", "tier2", email="tom@example.com")
        await story.join("dora", "service_desk", email="dora@example.com")
        await story.hire("mail", "tom")
        yield story


async def family(harness: Story, count: int) -> list[str]:
    """Create a master assigned to Tom, and records at the desk below it."""
    master, *below = [
        await harness.report(f"mail is slow in B{n}", fields={"room": "B"})
        for n in range(count + 1)
    ]
    for number in below:
        await harness.call("POST", f"incidents/{number}/link", {"master": master})
    await harness.act(master, "assign", group="mail", person="tom")
    return [master, *below]


async def asked(harness: Story, path: str, body: Any, key: str, once: str = "") -> Any:
    headers = harness.as_key(key) | ({"Idempotency-Key": once} if once else {})
    answer = await harness.client.post(f"/api/v1/incidents/{path}", json=body, headers=headers)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_linked_incident_skipped_for_missing_permission_is_named(harness: Story) -> None:
    master, allowed, refused, over = await family(harness, 3)
    await harness.act(allowed, "assign", group="mail", person="tom")
    await harness.act(over, "resolve", solution="gone")
    reason = (
        "your roles allow resolve only for records that are with tier 2, or with a vendor; "
        "this one is logged, tier 1"
    )
    for _ in range(2):
        answer = await asked(harness, f"{master}/resolve", SOLVED, "tom", "once")
        assert answer["skipped"] == [{"incident": refused, "reason": reason}]
    states = [
        (await harness.record(number))["state"] for number in (master, allowed, refused, over)
    ]
    assert states == ["resolved", "resolved", "logged", "resolved"]
    (facts,) = await harness.facts(master, "resolved")
    assert facts["skipped"] == [{"incident": refused, "reason": reason}]


async def test_bulk_resolution_names_skipped_incidents_of_each_master(harness: Story) -> None:
    master, refused = await family(harness, 1)
    alone = (await family(harness, 0))[0]
    body = {"numbers": [master, alone], "action": "resolve", "body": SOLVED}
    first, second = (await asked(harness, "bulk", body, "tom"))["results"]
    assert ([one["incident"] for one in first["skipped"]], "skipped" in second) == (
        [refused],
        False,
    )


async def test_linked_incident_skipped_for_missing_field_is_named(harness: Story) -> None:
    master, lacking, rejected = await family(harness, 2)
    await harness.act(rejected, "reject", note="not ours")
    await harness.act(master, "resolve", **SOLVED)
    await harness.call("PATCH", f"incidents/{lacking}", {"fields": {"room": None}})
    answer = await asked(harness, f"{master}/close", {"related": True}, "dora")
    assert answer["skipped"] == [{"incident": lacking, "reason": "set first: room"}]
    assert answer["incident"]["state"] == "closed"


async def test_answer_without_skipped_incidents_has_no_skipped_field(harness: Story) -> None:
    master, _ = await family(harness, 1)
    assert "skipped" not in await asked(harness, f"{master}/resolve", SOLVED, "admin")


async def test_skipped_security_incident_is_not_named(harness: Story) -> None:
    master, secret = await family(harness, 1)
    await harness.call("PATCH", f"incidents/{secret}", {"security": True, "note": "an attack"})
    assert "skipped" not in await asked(harness, f"{master}/resolve", SOLVED, "tom")
    assert secret not in str(await harness.facts(master, "resolved"))
