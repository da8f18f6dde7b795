"""Escalation policies call people step by step, from the API to the mail that arrives."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.support.clock import NOON
from tests.support.story import Story

STEPS = [
    {"targets": ["person:olga"]},
    {"targets": ["group:sre"], "after_seconds": 300},
    {"targets": ["role:incident_manager"], "after_seconds": 600},
]
PEOPLE = {"olga": "tier2", "tom": "tier2", "una": "tier2", "mona": "incident_manager"}
POLICY = {"slug": "sre", "name": "SRE", "steps": STEPS, "uses": [{"priorities": [2, 3]}]}


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling("") as told:
        for login, role in PEOPLE.items():
            await told.join(login, role, email=f"{login}@example.com")
        members = ["tom", "una"]
        await told.call(
            "POST", "groups", {"slug": "sre", "name": "SRE", "tier": "tier2", "members": members}
        )
        yield told


async def heard(story: Story, count: int) -> list[tuple[str, str]]:
    """Return recipient and occasion of the next messages."""
    found: list[tuple[str, str]] = []
    while len(found) < count:
        [(to, subject)] = await story.mails(1)
        occasion = subject.split(" ", 2)[2].split(":")[0]
        if to.removesuffix("@example.com") in PEOPLE and occasion not in {"nearly due", "overdue"}:
            found.append((to.removesuffix("@example.com"), occasion))
    return sorted(found)


async def told_in_timeline(story: Story, number: str) -> list[tuple[float, Any]]:
    return [
        (
            round((datetime.fromisoformat(entry["at"]) - NOON).total_seconds() / 60, 1),
            entry["facts"]["targets"],
        )
        for entry in (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
        if entry["event"] == "management_told" and entry["facts"]["cause"].startswith("policy:")
    ]


async def test_policy_calls_step_after_step_until_somebody_accepts(story: Story) -> None:
    await story.call("POST", "policies", POLICY)
    number = await story.report()
    assert await heard(story, 1) == [("olga", "opened")]
    await story.until(5)
    assert await heard(story, 2) == [("tom", "nobody has taken it"), ("una", "nobody has taken it")]
    taken = await story.act(number, "accept", "tom")
    assert (taken["state"], taken["tier"], taken["handler"]) == ("in_progress", "2", "tom")
    await story.until(14)
    assert await told_in_timeline(story, number) == [
        (0, ["person:olga"]),
        (5, ["person:tom", "person:una"]),
    ]


async def test_changed_policy_is_for_new_records_and_open_ones_keep_theirs(story: Story) -> None:
    await story.call("POST", "policies", POLICY)
    first = await story.report("first")
    assert await heard(story, 1) == [("olga", "opened")]
    changed = {
        "steps": [{"targets": ["person:una"]}, {"targets": ["person:una"], "after_seconds": 300}]
    }
    assert (await story.call("PATCH", "policies/sre", changed))["version"] == 2
    second = await story.report("second")
    assert await heard(story, 1) == [("una", "opened")]
    await story.until(5)
    assert [one for _, one in await told_in_timeline(story, first)][1] == [
        "person:tom",
        "person:una",
    ]
    assert [one for _, one in await told_in_timeline(story, second)][1] == ["person:una"]


async def test_people_of_a_step_are_called_in_turn(story: Story) -> None:
    steps = [{"targets": ["group:sre"], "turn": "next"}]
    await story.call("POST", "policies", POLICY | {"steps": steps})
    order = []
    for number in range(4):
        await story.report(f"report {number}")
        order += await heard(story, 1)
        await story.until(number + 1)
    assert [who for who, _ in order] == ["tom", "una", "tom", "una"]


async def test_person_with_the_least_open_work_is_called(story: Story) -> None:
    busy = await story.report("busy")
    await story.act(busy, "assign", group="sre", person="tom")
    await story.act(busy, "accept", "tom")
    await story.mails(1)
    steps = [{"targets": ["group:sre"], "turn": "least_loaded"}]
    await story.call("POST", "policies", POLICY | {"steps": steps})
    await story.report("next")
    assert await heard(story, 1) == [("una", "opened")]


async def test_step_that_reaches_nobody_calls_the_next_at_once(story: Story) -> None:
    await story.call("POST", "groups", {"slug": "empty", "name": "Empty", "tier": "tier2"})
    steps = [{"targets": ["group:empty"]}, {"targets": ["person:una"], "after_seconds": 900}]
    await story.call("POST", "policies", POLICY | {"steps": steps})
    await story.report()
    assert await heard(story, 1) == [("una", "opened")]


async def test_group_is_left_in_peace_where_a_policy_calls(story: Story) -> None:
    await story.call("POST", "policies", POLICY)
    number = await story.report()
    assert await heard(story, 1) == [("olga", "opened")]
    await story.act(number, "assign", group="sre")
    assert await heard(story, 2) == [("tom", "assigned"), ("una", "assigned")]
    async with story.gateway.pool.acquire() as conn:
        assert await conn.fetch("SELECT * FROM silent_incident") == []


async def test_group_is_left_in_peace_where_a_policy_calls_a_role(story: Story) -> None:
    await story.call("PUT", "routing", {"rules": [{"name": "all", "group": "sre"}]})
    steps = [{"targets": ["role:incident_manager"]}]
    await story.call("POST", "policies", POLICY | {"steps": steps})
    number = await story.report()
    assert (await story.record(number))["assignee_group"] == "sre"
    assert await heard(story, 1) == [("mona", "opened")]
    async with story.gateway.pool.acquire() as conn:
        told = await conn.fetch("SELECT recipient FROM outbox WHERE recipient IN ('tom', 'una')")
        assert told == []
        assert await conn.fetch("SELECT * FROM silent_incident") == []


async def test_message_says_which_step_of_which_policy_called(story: Story) -> None:
    await story.call("POST", "policies", POLICY)
    await story.report()
    mail = await story.mailbox.arrived.get()
    text = mail.get_content()
    assert "Called by the escalation policy: SRE, step 1 of 3" in text
    assert "To do: accept it, or assign it to somebody" in text


async def test_whoever_is_called_may_take_a_record_at_the_desk_and_nobody_else(
    story: Story,
) -> None:
    await story.call("POST", "policies", POLICY)
    number = await story.report()
    assert await story.status("POST", f"incidents/{number}/accept", "tom", {}) == 403
    taken = await story.act(number, "accept", "olga", note="looking")
    assert (taken["tier"], taken["assignee"], taken["handler"]) == ("2", "olga", "olga")
    events = (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
    assert [one["event"] for one in events if one["actor"] == "olga"] == ["assigned", "accepted"]
    clocks = {one["name"]: one["state"] for one in taken["sla"]["clocks"]}
    assert (clocks["desk"], clocks["tier2"]) == ("met", "running")
    await story.act(number, "resolve", "olga", solution="restarted", resolution="solved")


async def test_whoever_declines_is_followed_by_the_next_step_at_once(story: Story) -> None:
    await story.call("POST", "policies", POLICY)
    number = await story.report()
    assert await heard(story, 1) == [("olga", "opened")]
    await story.act(number, "decline", "olga", reason="on a train")
    assert await heard(story, 2) == [("tom", "nobody has taken it"), ("una", "nobody has taken it")]
    await story.until(9)
    assert [at for at, _ in await told_in_timeline(story, number)] == [0, 0]
    await story.until(10)
    assert await heard(story, 1) == [("mona", "nobody has taken it")]


async def test_group_is_left_in_peace_where_a_decline_calls_a_role(story: Story) -> None:
    steps = [
        {"targets": ["group:sre"]},
        {"targets": ["role:incident_manager"], "after_seconds": 600},
    ]
    await story.call("POST", "policies", POLICY | {"steps": steps})
    number = await story.report()
    assert await heard(story, 2) == [("tom", "opened"), ("una", "opened")]
    await story.act(number, "assign", group="sre")
    assert await heard(story, 2) == [("tom", "assigned"), ("una", "assigned")]
    await story.act(number, "decline", "tom", reason="on a train")
    assert await heard(story, 1) == [("mona", "nobody has taken it")]
    async with story.gateway.pool.acquire() as conn:
        assert await conn.fetch("SELECT * FROM silent_incident") == []
    await story.act(number, "resolve", "mona", solution="restarted", resolution="solved")
    assert await heard(story, 2) == [("tom", "resolved"), ("una", "resolved")]
