"""Priorities that are raised after opening: by the sender, and by people."""

from collections import Counter
from typing import Any

from tests.scenarios.test_promises import reported
from tests.support.story import Story


def check(state: str, output: str) -> dict[str, Any]:
    """Return a Nagios notification about one check, as in a case from the field."""
    return {"type": "PROBLEM", "host": "db-1", "service": "disk", "state": state, "output": output}


async def nagios(story: Story, state: str, output: str) -> dict[str, Any]:
    async with story.client.post(
        "/ingest/nagios", json=check(state, output), headers=story.as_key("ingest")
    ) as answer:
        return dict((await answer.json())["results"][0])


async def told(story: Story, number: str) -> list[tuple[str, str]]:
    """Return each message to managers as (recipient, template)."""
    found = [(one["recipient"], one["template"]) for one in await story.notifications(number)]
    return sorted(one for one in found if one[0] != "handler@example.com")


async def test_alert_becoming_critical_notifies_at_once_and_restarts_targets(story: Story) -> None:
    number = (await nagios(story, "WARNING", "85 percent used"))["incident"]
    await story.until(4)
    again = await nagios(story, "CRITICAL", "99 percent used")
    assert (again["incident"], again["outcome"]) == (number, "repeated")
    record = await story.record(number)
    assert (record["priority"], record["severity"], record["title"]) == (
        1,
        "critical",
        "disk on db-1 is CRITICAL",
    )
    assert "99 percent used" in record["description"]
    assert await told(story, number) == [
        ("leader@example.com", "opened"),
        ("manager@example.com", "opened"),
    ]
    clocks = {clock["name"]: clock for clock in record["sla"]["clocks"]}
    assert (clocks["desk"]["basis"], clocks["desk"]["remaining_s"]) == ("2026-03-02T12:04:00Z", 300)
    assert clocks["overall"]["remaining_s"] == 1800
    await story.until(40)
    breached = [minute for minute, event in await story.told(number) if event == "sla_breached"]
    assert breached == [9, 34]


async def test_manual_raise_with_immediate_breach_sends_one_notification(story: Story) -> None:
    number = await reported(story, 4)
    await story.until(40)
    before = Counter(await told(story, number))
    await story.call("PATCH", f"incidents/{number}", {"priority": 1, "note": "the whole shop"})
    await story.until(40.1)
    after = Counter(await told(story, number))
    assert after - before == {
        ("leader@example.com", "opened"): 1,
        ("manager@example.com", "opened"): 1,
    }
    events = [event for minute, event in await story.told(number) if minute >= 40]
    assert events.count("sla_breached") == 1
