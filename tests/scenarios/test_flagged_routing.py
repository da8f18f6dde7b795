"""No rule assigns a security incident to somebody who may not see it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

ROUTING = """
[[routing]]
name = "mail"
services = ["mail"]
group = "mail"
person = true
[[routing]]
name = "payroll"
services = ["payroll"]
group = "payroll"
person = true
"""
HURRY = """
[[escalation.management]]
priorities = [4]
on = ["breach"]
notify = ["handler"]
"""
PEOPLE = {
    "dora": ("service_desk",),
    "tom": ("tier2",),
    "pat": ("tier2",),
    "sue": ("tier2", "security"),
    "sam": ("security",),
}


@pytest.fixture
async def harness(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story with Tom in mail, Pat and Sue in payroll.

    Sue and Sam are security officers.
    """
    async with telling(ROUTING) as story:
        for login, roles in PEOPLE.items():
            await story.join(login, *roles, email=f"{login}@example.com")
        await story.hire("mail", "tom")
        await story.hire("payroll", "pat", "sue")
        for slug in ("mail", "payroll"):
            await story.call("POST", "services", {"slug": slug, "name": slug})
        yield story


async def given(harness: Story, number: str) -> tuple[str, str, str]:
    record = await harness.record(number)
    return record["assignee_group"], record["assignee"], record["handler"]


async def said(harness: Story, number: str) -> str:
    return str((await harness.call("GET", f"incidents/{number}/timeline"))["entries"])


async def test_routing_rule_assigns_security_incident_to_permitted_group_member(
    harness: Story,
) -> None:
    assert await given(harness, await harness.report(service="payroll")) == (
        "payroll",
        "pat",
        "pat",
    )
    assert await given(harness, await harness.report(service="payroll", security=True)) == (
        "payroll",
        "sue",
        "sue",
    )


async def test_unroutable_security_incident_is_assigned_to_security_officer(harness: Story) -> None:
    number = await harness.report(service="mail", security=True)
    assert await given(harness, number) == ("", "sam", "sam")
    (routed,) = await harness.facts(number, "routed")
    assert routed == {
        "person": "sam",
        "tier": "1",
        "reason": "those the rules lead to may not see it",
        "state": "logged",
    }
    assert "tom" not in await said(harness, number)
    assert await harness.status("GET", f"incidents/{number}", "sam") == 200


async def test_service_support_gets_security_incident_only_with_permitted_member(
    harness: Story,
) -> None:
    for slug, group in (("crm", "mail"), ("erp", "payroll")):
        await harness.call("POST", "services", {"slug": slug, "name": slug, "tier2_group": group})
    assert await given(harness, await harness.report(service="crm", security=True)) == (
        "",
        "sam",
        "sam",
    )
    assert await given(harness, await harness.report(service="erp", security=True)) == (
        "payroll",
        "",
        "",
    )


@pytest.mark.parametrize("way", ["recurring", "follow_on"])
async def test_follow_on_of_flagged_incident_is_not_assigned_to_previous_handler(
    harness: Story, way: str
) -> None:
    number = str((await harness.alert(service="mail"))["incident"])
    assert (await given(harness, number))[2] == "tom"
    await harness.act(number, "accept", "tom")
    await harness.call("PATCH", f"incidents/{number}", {"security": True})
    await harness.alert(status="resolved", service="mail")
    await harness.act(number, "close")
    if way == "recurring":
        await harness.until(60 * 24)
        assert (await harness.alert(service="mail"))["incident"] is None
        second = (await harness.call("GET", "incidents?limit=1"))["incidents"][0]["number"]
    else:
        second = str((await harness.call("POST", f"incidents/{number}/follow_on", {}))["number"])
    record = await harness.record(second)
    assert (second != number, record["security"], record["handler"]) == (True, True, "sam")
    assert "tom" not in await said(harness, second)


async def test_follow_on_of_security_incident_keeps_permitted_handler(harness: Story) -> None:
    number = await harness.report(service="payroll", security=True)
    await harness.act(number, "accept", "sue")
    await harness.act(
        number, "resolve", "sue", resolution="solved", category="x", solution="patched"
    )
    await harness.act(number, "close")
    second = await harness.call("POST", f"incidents/{number}/follow_on", {})
    assert (second["security"], second["handler"]) == (True, "sue")


async def test_flagging_notifies_previous_handler_and_security_officers(
    harness: Story,
) -> None:
    number = str((await harness.alert(service="mail"))["incident"])
    await harness.act(number, "accept", "tom")
    await harness.settled(number, len(await harness.notifications(number)))
    harness.mailbox.arrived = asyncio.Queue()
    await harness.call(
        "PATCH", f"incidents/{number}", {"security": True, "title": "an intruder in mail"}
    )
    letters = {letter.to: letter for letter in await harness.letters(3)}
    assert set(letters) == {"tom@example.com", "sam@example.com", "sue@example.com"}
    assert "You need not work on it any more" in letters["tom@example.com"].text
    assert not any(
        said in str(letters["tom@example.com"]) for said in (number, "intruder", "disk full")
    )
    assert "To do: assign it to somebody who may see it" in letters["sam@example.com"].text
    assert (await given(harness, number))[2] == "tom"
    assert (await harness.facts(number, "withdrawn"))[0]["from"] == ["tom"]


async def test_security_officers_get_notifications_of_unpermitted_handler(telling: Telling) -> None:
    async with telling(ROUTING + HURRY) as harness:
        for login, roles in PEOPLE.items():
            await harness.join(login, *roles, email=f"{login}@example.com")
        await harness.hire("mail", "tom")
        number = await harness.report(impact="individual")
        await harness.act(number, "assign", person="tom")
        await harness.call("PATCH", f"incidents/{number}", {"security": True})
        await harness.settled(number, len(await harness.notifications(number)))
        harness.mailbox.arrived = asyncio.Queue()
        await harness.until(60 * 24)
        told = {letter.to for letter in await harness.letters(2)}
        assert told == {"sam@example.com", "sue@example.com"}
