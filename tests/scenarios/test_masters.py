"""Masters and related records in cases from the field.

Nothing urgent is silent below a master, and notes on a related record reach the master's handler.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING
from tests.support.mails import CASES, post_mail, read_case_mail
from tests.support.story import Story

RULE = '[[dedup.relate]]\nname = "same service"\nby = ["service"]\nwithin = "5m"\n'
HIDDEN = CASES / "28-critical-hidden-under-minor" / "alerts.json"
REPLY = "16-reply-to-a-merged-record"


async def sent(story: Story, source: str, body: dict[str, Any]) -> str:
    answer = await story.client.post(f"/ingest/{source}", json=body, headers=story.as_key("ingest"))
    assert answer.status == 202, await answer.text()
    return str((await answer.json())["results"][0]["incident"])


async def told_managers(story: Story, number: str) -> bool:
    entries = await story.facts(number, "management_told")
    return any(not facts.get("silenced") and facts["targets"] for facts in entries)


@pytest.mark.parametrize("configuration", ["", RULE])
async def test_critical_alert_is_notified_and_timed_despite_open_minor_incident(
    telling: Telling, configuration: str
) -> None:
    async with telling(configuration) as story:
        numbers = [
            await sent(story, source, body) for source, body in json.loads(HIDDEN.read_text())
        ]
        cache, payments, test_vm, core_db = [await story.record(number) for number in numbers]
        assert [one["priority"] for one in (cache, payments, test_vm, core_db)] == [4, 1, 3, 1]
        for one in (payments, core_db):
            assert one["master"] is None
            assert one["sla"]["next_due_at"] is not None
            assert await told_managers(story, one["number"])
        assert (test_vm["service"], core_db["ci"], core_db["labels"]["service"]) == (
            "",
            "core-db",
            "PING",
        )
        proposed = (await story.call("GET", f"incidents/{payments['number']}/related"))["proposed"]
        assert [one["master"] for one in proposed] == ([cache["number"]] if configuration else [])


@pytest.mark.parametrize("end", ["clears", "lowered", "flagged", "outgrown"])
async def test_linked_incident_no_longer_covered_by_master_is_detached_and_notified(
    telling: Telling, end: str
) -> None:
    async with telling(RULE) as story:
        severity = "warning" if end == "outgrown" else "critical"
        master, below = [
            (await story.alert(title, service="shop", severity=severity))["incident"]
            for title in ("slow", "slower")
        ]
        assert (await story.record(below))["master"] == master
        await story.until(1)
        match end:
            case "clears":
                await story.alert("slow", "resolved", service="shop")
            case "lowered":
                await story.call("PATCH", f"incidents/{master}", {"priority": 3, "note": "a test"})
            case "flagged":
                await story.call("PATCH", f"incidents/{master}", {"security": True})
            case _:
                await story.alert("slower", service="shop", severity="critical")
        assert (await story.record(below))["master"] is None
        assert (1.0, "unlinked") in await story.told(below)
        assert await told_managers(story, below)


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        await begun.join("tina", "tier2", "service_desk", email="tina@example.com")
        yield begun


async def merged(story: Story) -> tuple[str, str]:
    """Return Ann's record, which Tina works on, and Bob's, which somebody linked below it."""
    master, below = [
        (await post_mail(story, read_case_mail(REPLY, name)))["incident"] for name in ("a", "b")
    ]
    if (await story.record(below))["master"] is None:
        await story.call("POST", f"incidents/{below}/link", {"master": master})
    await story.act(master, "acknowledge", "tina")
    return master, below


async def replies_to(story: Story, login: str, count: int) -> list[str]:
    """Return the texts of the messages about replies that were sent to somebody."""
    asked = (
        "SELECT facts->>'text' AS text FROM outbox "
        "WHERE template = 'replied' AND recipient LIKE $1 ORDER BY created_at"
    )
    rows = [row["text"] for row in await story.gateway.pool.fetch(asked, f"%{login}%")]
    assert len(rows) == count
    return rows


async def test_reply_to_linked_incident_is_noted_on_master_and_sent_to_handler(
    story: Story,
) -> None:
    master, below = await merged(story)
    await post_mail(story, read_case_mail(REPLY, "b-fact"))
    (facts,) = await story.facts(master, "related_note")
    assert facts == {"incident": below, "note": "It says PHP memory exhausted."}
    assert await replies_to(story, "tina", 1) == ["It says PHP memory exhausted."]
    await story.act(below, "note", "tina", note="seen")
    assert len(await story.facts(master, "related_note")) == 2
    await replies_to(story, "tina", 1)


async def test_note_on_linked_security_incident_reaches_only_security_roles(story: Story) -> None:
    await story.join("sam", "security", email="sam@example.com")
    master, below = await merged(story)
    for number in (below, master):
        await story.call("PATCH", f"incidents/{number}", {"security": True})
    assert (await story.record(below))["master"] == master
    await story.act(below, "note", "admin", note="the intruder again")
    assert await replies_to(story, "sam", 1) == ["the intruder again"]
    await replies_to(story, "tina", 0)


async def test_refusal_after_master_resolution_leaves_incident_open_and_notifies(
    story: Story,
) -> None:
    master, below = await merged(story)
    await story.act(master, "resolve", "tina", solution="more memory")
    await post_mail(story, read_case_mail(REPLY, "b-refuse"))
    record = await story.record(below)
    assert (record["state"], record["master"], (await story.record(master))["state"]) == (
        "logged",
        None,
        "resolved",
    )
    assert [event for _, event in (await story.told(below))[-2:]] == ["note", "not_solved"]
    (text,) = await replies_to(story, "", 1)
    assert "still not working" in text


async def test_refusal_after_both_resolutions_reopens_incident_detached(story: Story) -> None:
    master, below = await merged(story)
    await story.act(master, "resolve", "tina", solution="more memory", related=True)
    await post_mail(story, read_case_mail(REPLY, "b-refuse"))
    record = await story.record(below)
    assert (record["state"], record["master"], (await story.record(master))["state"]) == (
        "in_progress",
        None,
        "resolved",
    )
    assert "unlinked" in [event for _, event in await story.told(below)]
    assert "still not working" in (await replies_to(story, "", 1))[0]
