"""Whoever reports does not decide who is woken: the desk grades what they claim, at once."""

from typing import Any

import pytest

from tests.support.story import Story

DOWN = {"title": "everything is down", "impact": "business", "urgency": "urgent", "service": "shop"}
RECIPIENTS = 'service_desk = ["smtp:desk@example.com"]'


@pytest.fixture
async def house(telling: Any) -> Any:
    async with telling(recipients=RECIPIENTS) as story:
        await story.join("rita", "reporter")
        await story.join("dora", "service_desk")
        yield story


async def reported(house: Story, key: str = "rita", **more: Any) -> Any:
    return await house.call("POST", "incidents", DOWN | more, key)


async def told(house: Story, number: str) -> list[tuple[float, str]]:
    return [(minute, event) for minute, event in await house.told(number) if event in ("graded", "grading_overdue")]


async def test_a_reporter_gets_at_most_priority_3_and_the_desk_is_asked_at_once(house: Story) -> None:
    record = await reported(house)
    assert (record["priority"], record["impact"], record["urgency"]) == (3, "company", "low")
    assert (record["claimed_impact"], record["claimed_urgency"]) == ("business", "urgent")
    assert (record["owner"], record["recorded_by"], record["major"]) == ("service_desk", "rita", False)
    assert record["grading_due_at"] == "2026-03-02T12:05:00Z"
    assert await house.mails(1) == [("desk@example.com", f"[{record['number']}] P3 grade this: everything is down")]


async def test_a_claim_that_nobody_grades_in_time_is_the_managers(house: Story) -> None:
    number = (await reported(house))["number"]
    await house.mails(1)
    await house.until(6)
    assert await told(house, number) == [(5.0, "grading_overdue")]
    facts = [one for one in await house.facts(number, "management_told") if one["cause"] == "grading_overdue"]
    assert facts[0]["targets"] == ["smtp:manager@example.com"]
    await house.until(30)
    assert await told(house, number) == [(5.0, "grading_overdue")]


@pytest.mark.parametrize("how", ["same priority", "other urgency", "confirmed"])
async def test_somebody_who_grades_it_ends_the_claim(house: Story, how: str) -> None:
    number = (await reported(house))["number"]
    await house.until(2)
    if how == "confirmed":
        await house.act(number, "grade", "dora", note="one person only")
    elif how == "same priority":
        await house.call("PATCH", f"incidents/{number}", {"impact": "company", "note": "seen"}, "dora")
    else:
        await house.call("PATCH", f"incidents/{number}", {"urgency": "high", "note": "really"}, "dora")
    record = await house.record(number)
    assert (record["grading_due_at"], record["claimed_impact"]) == (None, "business")
    await house.until(10)
    assert await told(house, number) == [(2.0, "graded")]
    assert await house.status("POST", f"incidents/{number}/grade", "dora", {}) == 409


@pytest.mark.parametrize("key", ["dora", "write", "admin"])
async def test_who_works_here_is_taken_at_their_word(house: Story, key: str) -> None:
    record = await reported(house, key)
    assert (record["priority"], record["claimed_impact"], record["grading_due_at"]) == (1, None, None)


async def test_a_milder_claim_is_a_grade(house: Story) -> None:
    record = await reported(house, impact="group", urgency="normal")
    assert (record["priority"], record["claimed_impact"], record["grading_due_at"]) == (3, None, None)


async def test_what_a_reporter_recorded_for_somebody_else_stays_theirs_to_see(house: Story) -> None:
    number = (await reported(house, contact="boss@example.com"))["number"]
    await house.act(number, "acknowledge", "dora")
    record = await house.call("GET", f"incidents/{number}", None, "rita")
    assert (record["owner"], record["contact"]) == ("dora", "boss@example.com")
    assert number in [one["number"] for one in (await house.call("GET", "incidents", None, "rita"))["incidents"]]


async def test_a_priority_that_may_be_reported_is_a_setting(telling: Any) -> None:
    async with telling("[intake]\nreported_at_most = 2\n") as story:
        await story.join("rita", "reporter")
        assert (await reported(story))["priority"] == 2


async def test_declaring_a_major_incident_raises_it_and_tells_whom_it_must(house: Story) -> None:
    number, kept = await house.report(), await house.report()
    assert (await house.act(number, "declare_major", reason="the board waits"))["priority"] == 1
    declared = [one for one in await house.facts(number, "management_told") if one["cause"] == "declared_major"]
    assert declared[0]["roles"] == ["incident_manager", "operations_manager", "director", "management_system_owner"]
    assert (await house.act(kept, "declare_major", reason="a customer waits", priority=3))["priority"] == 3
    assert (await house.record(kept))["major"] is True
