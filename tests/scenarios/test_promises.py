"""The shipped SLA policy, row by row.

Targets to the minute, notified roles, and the matrix of priorities.
"""

import asyncio

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story

GRADES = {
    1: ("business", "urgent"),
    2: ("company", "normal"),
    3: ("group", "normal"),
    4: ("individual", "low"),
}


async def reported(story: Story, priority: int) -> str:
    impact, urgency = GRADES[priority]
    made = await story.call(
        "POST", "incidents", {"title": "down", "impact": impact, "urgency": urgency}
    )
    assert made["priority"] == priority
    return str(made["number"])


async def breaches(story: Story, number: str) -> dict[str, float]:
    """Return the minute at which each clock breached its target."""
    entries = (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
    told = await story.told(number)
    return {
        e["facts"]["clock"]: at
        for e, (at, event) in zip(entries, told, strict=True)
        if event == "sla_breached"
    }


@pytest.mark.parametrize(
    ("priority", "desk", "tier2", "escalated", "overall"),
    [
        pytest.param(1, 5, 10, 15, 30, marks=shows("target/itil-minutes/1")),
        pytest.param(2, 5, 20, 20, 45, marks=shows("target/itil-minutes/2")),
        pytest.param(3, 5, 25, 30, 60, marks=shows("target/itil-minutes/3")),
        pytest.param(4, 5, 55, 60, 120, marks=shows("target/itil-minutes/4")),
    ],
)
@shows("word/target time")
async def test_default_policy_targets_breach_to_the_minute(
    story: Story, priority: int, desk: int, tier2: int, escalated: int, overall: int
) -> None:
    left, assigned, raised = [await reported(story, priority) for _ in range(3)]
    await story.hire("ops")
    await story.act(assigned, "assign", group="ops")
    await story.act(raised, "assign", group="ops")
    await story.act(raised, "escalate", to="tier3")
    await story.until(overall + 1)
    assert await breaches(story, left) == {"desk": desk, "overall": overall}
    assert await breaches(story, assigned) == {"tier2": tier2, "overall": overall}
    assert await breaches(story, raised) == {"escalated": escalated, "overall": overall}


@pytest.mark.parametrize(
    ("priority", "at_once", "on_breach"),
    [
        pytest.param(1, ["leader", "manager"], ["manager"], marks=shows("escalation/1, 2")),
        pytest.param(2, ["leader", "manager"], ["manager"], marks=shows("escalation/1, 2")),
        pytest.param(3, [], ["manager"], marks=shows("escalation/3, 4")),
        pytest.param(4, [], ["manager"], marks=shows("escalation/3, 4")),
    ],
)
@shows("escalation/warnings", "word/management escalation")
async def test_management_is_notified_as_policy_says(
    story: Story, priority: int, at_once: list[str], on_breach: list[str]
) -> None:
    number = await reported(story, priority)
    assert [to.partition("@")[0] for to, _ in await story.mails(len(at_once))] == at_once
    await story.until(5)
    told = await story.mails(len(on_breach) + 3)
    warned = [to for to, subject in told if "nearly due" in subject]
    assert [to.partition("@")[0] for to, subject in told if "overdue" in subject] == on_breach
    assert warned == ["handler@example.com"] * 3
    assert all(number in subject for _, subject in told)


@pytest.mark.parametrize(
    ("impact", "row"),
    [
        pytest.param("business", "1112", marks=shows("priority/business")),
        pytest.param("company", "1123", marks=shows("priority/company")),
        pytest.param("group", "1234", marks=shows("priority/group")),
        pytest.param("individual", "2344", marks=shows("priority/individual")),
    ],
)
async def test_impact_and_urgency_determine_priority(story: Story, impact: str, row: str) -> None:
    for urgency, priority in zip(("urgent", "high", "normal", "low"), row, strict=True):
        made = await story.call(
            "POST", "incidents", {"title": "x", "impact": impact, "urgency": urgency}
        )
        assert made["priority"] == int(priority)


@shows("clock/new priority")
async def test_new_priority_applies_elapsed_time_to_its_targets(story: Story) -> None:
    number = await reported(story, 4)
    await story.until(40)
    await story.call("PATCH", f"incidents/{number}", {"priority": 1})
    clock = {clock["name"]: clock for clock in (await story.record(number))["sla"]["clocks"]}[
        "overall"
    ]
    assert (clock["elapsed_s"], clock["remaining_s"], clock["target_s"]) == (2400, -600, 1800)
    await story.until(41)
    assert (await breaches(story, number))["overall"] == 40


async def test_stricter_service_targets_move_deadlines_of_open_incidents(story: Story) -> None:
    await story.call("POST", "services", {"slug": "shop", "name": "Shop"})
    number = (await story.alert(service="shop"))["incident"]
    due = (await story.record(number))["sla"]["next_due_at"]
    await story.call("PATCH", "services/shop", {"targets": {"1": {"desk": "1m", "overall": "2m"}}})
    async with asyncio.timeout(10):
        while (await story.record(number))["sla"]["next_due_at"] == due:
            pass
    entry = (await story.call("GET", f"incidents/{number}/timeline"))["entries"][-1]
    assert (entry["event"], entry["actor"], entry["facts"]["service"]) == (
        "sla_redated",
        "gateway",
        "shop",
    )
    await story.until(1)
    assert (1.0, "sla_breached") in await story.told(number)
