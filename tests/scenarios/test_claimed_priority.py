"""A reporter's claimed impact and urgency wake nobody; the desk is asked to grade it at once."""

from typing import Any

import pytest

from tests.support.story import Story

DOWN = {"title": "everything is down", "impact": "business", "urgency": "urgent", "service": "shop"}
RECIPIENTS = 'service_desk = ["smtp:desk@example.com"]'


@pytest.fixture
async def harness(telling: Any) -> Any:
    async with telling(recipients=RECIPIENTS) as story:
        await story.join("rita", "reporter")
        await story.join("dora", "service_desk")
        yield story


async def reported(harness: Story, key: str = "rita", **more: Any) -> Any:
    return await harness.call("POST", "incidents", DOWN | more, key)


async def told(harness: Story, number: str) -> list[tuple[float, str]]:
    return [
        (minute, event)
        for minute, event in await harness.told(number)
        if event in ("graded", "grading_overdue")
    ]


async def test_reporter_claim_is_limited_to_priority_3_and_desk_is_notified(harness: Story) -> None:
    record = await reported(harness)
    assert (record["priority"], record["impact"], record["urgency"]) == (3, "company", "low")
    assert (record["claimed_impact"], record["claimed_urgency"]) == ("business", "urgent")
    assert (record["owner"], record["recorded_by"], record["major"]) == (
        "service_desk",
        "rita",
        False,
    )
    assert record["grading_due_at"] == "2026-03-02T12:05:00Z"
    assert await harness.mails(1) == [
        ("desk@example.com", f"[{record['number']}] P3 grade this: everything is down")
    ]


async def test_overdue_grading_is_escalated_to_manager_once(harness: Story) -> None:
    number = (await reported(harness))["number"]
    await harness.mails(1)
    await harness.until(6)
    assert await told(harness, number) == [(5.0, "grading_overdue")]
    facts = [
        one
        for one in await harness.facts(number, "management_told")
        if one["cause"] == "grading_overdue"
    ]
    assert facts[0]["targets"] == ["smtp:manager@example.com"]
    await harness.until(30)
    assert await told(harness, number) == [(5.0, "grading_overdue")]


@pytest.mark.parametrize("how", ["same priority", "other urgency", "confirmed"])
async def test_grading_ends_the_claim(harness: Story, how: str) -> None:
    number = (await reported(harness))["number"]
    await harness.until(2)
    if how == "confirmed":
        await harness.act(number, "grade", "dora", note="one person only")
    elif how == "same priority":
        await harness.call(
            "PATCH", f"incidents/{number}", {"impact": "company", "note": "seen"}, "dora"
        )
    else:
        await harness.call(
            "PATCH", f"incidents/{number}", {"urgency": "high", "note": "really"}, "dora"
        )
    record = await harness.record(number)
    assert (record["grading_due_at"], record["claimed_impact"]) == (None, "business")
    await harness.until(10)
    assert await told(harness, number) == [(2.0, "graded")]
    assert await harness.status("POST", f"incidents/{number}/grade", "dora", {}) == 409


@pytest.mark.parametrize("key", ["dora", "write", "admin"])
async def test_claims_of_staff_and_machines_need_no_grading(harness: Story, key: str) -> None:
    record = await reported(harness, key)
    assert (record["priority"], record["claimed_impact"], record["grading_due_at"]) == (
        1,
        None,
        None,
    )


async def test_moderate_claim_needs_no_grading(harness: Story) -> None:
    record = await reported(harness, impact="group", urgency="normal")
    assert (record["priority"], record["claimed_impact"], record["grading_due_at"]) == (
        3,
        None,
        None,
    )


async def test_reporter_still_sees_incident_recorded_for_somebody_else(harness: Story) -> None:
    number = (await reported(harness, contact="boss@example.com"))["number"]
    await harness.act(number, "acknowledge", "dora")
    record = await harness.call("GET", f"incidents/{number}", None, "rita")
    assert (record["owner"], record["contact"]) == ("dora", "boss@example.com")
    assert number in [
        one["number"] for one in (await harness.call("GET", "incidents", None, "rita"))["incidents"]
    ]


async def test_highest_reported_priority_is_configurable(telling: Any) -> None:
    async with telling("[intake]\nreported_at_most = 2\n") as story:
        await story.join("rita", "reporter")
        assert (await reported(story))["priority"] == 2


async def test_major_declaration_raises_priority_and_notifies_management(harness: Story) -> None:
    number, kept = await harness.report(), await harness.report()
    assert (await harness.act(number, "declare_major", reason="the board waits"))["priority"] == 1
    declared = [
        one
        for one in await harness.facts(number, "management_told")
        if one["cause"] == "declared_major"
    ]
    assert declared[0]["roles"] == [
        "incident_manager",
        "operations_manager",
        "director",
        "management_system_owner",
    ]
    assert (await harness.act(kept, "declare_major", reason="a customer waits", priority=3))[
        "priority"
    ] == 3
    assert (await harness.record(kept))["major"] is True


async def below(harness: Story) -> str:
    """Report a record with a claimed priority of 1 that is linked to a master at once.

    Return its number.
    """
    above = await harness.report("everything is down", service="shop")
    await harness.call("POST", "services", {"slug": "shop", "name": "Shop"})
    number = str((await reported(harness, source="phone"))["number"])
    assert (await harness.record(number))["master"] == above
    return number


async def asked(harness: Story, number: str) -> list[str]:
    """Return the grading requests and overdue notices about a record, with recipients."""
    rows = await harness.gateway.pool.fetch(
        "SELECT o.template, o.recipient FROM outbox o JOIN incident i ON i.id = o.incident_id "
        "WHERE i.number = $1 "
        "AND o.template IN ('grade_this', 'grading_overdue') ORDER BY o.created_at",
        number,
    )
    return [f"{row['template']} {row['recipient']}" for row in rows]


async def test_urgent_claim_of_linked_incident_is_sent_for_grading_at_once(harness: Story) -> None:
    number = await below(harness)
    assert await asked(harness, number) == ["grade_this desk@example.com"]
    assert (await harness.record(number))["grading_due_at"] == "2026-03-02T12:05:00Z"
    await harness.until(6)
    assert await asked(harness, number) == [
        "grade_this desk@example.com",
        "grading_overdue manager@example.com",
    ]
    await harness.until(60)
    assert [event for _, event in await told(harness, number)] == ["grading_overdue"]
    assert [event for _, event in await harness.told(number) if event.startswith("sla_")] == []


async def test_graded_linked_incident_sends_no_further_grading_request(harness: Story) -> None:
    number = await below(harness)
    await harness.act(number, "grade", "dora", note="one person only")
    assert (await harness.record(number))["grading_due_at"] is None
    await harness.until(30)
    assert [event for _, event in await told(harness, number)] == ["graded"]
    assert await asked(harness, number) == ["grade_this desk@example.com"]


async def test_unlinking_does_not_request_grading_again(harness: Story) -> None:
    number = await below(harness)
    await harness.call("POST", f"incidents/{number}/unlink", {})
    assert await asked(harness, number) == ["grade_this desk@example.com"]


async def test_linked_incident_without_claim_requests_no_grading(harness: Story) -> None:
    above, number = await harness.report("down"), await harness.report("down too")
    await harness.call("POST", f"incidents/{number}/link", {"master": above})
    assert (await harness.record(number))["grading_due_at"] is None
    await harness.until(30)
    assert await asked(harness, number) == []
