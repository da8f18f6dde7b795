"""Every message asks of its reader what is theirs to do now, says why, and asks nothing of those who had it before."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.test_mail import LISTENING
from tests.support.mails import hand_in, of_case
from tests.support.story import Letter, Story

REPLY = "16-reply-to-a-merged-record"
GO_ON = "To do: go on with it"
ASK = "To do: ask the reporter whether it is solved, then close it"


@pytest.fixture
async def house(telling: Telling) -> AsyncIterator[Story]:
    """Dora and Dan are the desk, Tom and Tim tier 2, Sam security; Rita reports."""
    async with telling(LISTENING, recipients="handler = []") as story:
        desk, tier2 = ("dora", "dan"), ("tom", "tim")
        roles = dict.fromkeys(desk, "service_desk") | dict.fromkeys(tier2, "tier2")
        for login, role in (roles | {"rita": "reporter", "sam": "security"}).items():
            await story.join(login, role, email=f"{login}@example.com")
        await story.hire("desk", *desk, tier="desk")
        await story.hire("mail", *tier2)
        yield story


def asked(letters: list[Letter]) -> dict[str, str]:
    """Return what each reader is asked to do, "" where that is nothing."""
    steps = {one.to.split("@")[0]: one.text.partition("To do: ")[2].partition("\n")[0] for one in letters}
    return {who: f"To do: {step}" if step else "" for who, step in steps.items()}


async def arrived(house: Story, number: str) -> list[Letter]:
    """The mails that have come since, once none about the record is under way."""
    async with asyncio.timeout(10):
        while any(one["state"] == "pending" for one in await house.notifications(number)):
            continue
    return await house.letters(house.mailbox.arrived.qsize())


async def with_tom(house: Story, **more: str) -> str:
    """A record of Dora's that Dan had back from Tier 2 once and Tom works on; Tim heard of it."""
    number = await house.report(key="dora", **more)
    await house.act(number, "assign", "dora", group="mail")
    await house.act(number, "accept", "tim")
    await house.act(number, "return", "tim", note="not ours")
    await house.act(number, "acknowledge", "dora")
    await house.act(number, "assign", "dora", person="tom", note="it is yours")
    await house.act(number, "accept", "tom")
    told = await house.letters(5 if not more else 7)
    reasons = {(one.to.split("@")[0], one.text.partition("Reason: ")[2].partition("\n")[0]) for one in told}
    assert {("dora", "not ours"), ("dan", "not ours"), ("tom", "it is yours")} <= reasons
    return number


async def test_the_owner_is_asked_to_confirm_and_nobody_else(house: Story) -> None:
    number = await with_tom(house, contact="rita")
    await house.act(number, "resolve", "tom", solution="restarted")
    steps = asked(await house.letters(4))
    assert steps == {"dora": ASK, "dan": "", "tim": "", "rita": ""}


async def test_without_a_reporter_the_owner_looks_for_themselves(house: Story) -> None:
    number = await with_tom(house)
    await house.act(number, "resolve", "tom", solution="restarted")
    step = "To do: check whether it is solved, then close it"
    assert asked(await house.letters(3)) == {"dora": step, "dan": "", "tim": ""}


async def test_what_is_reopened_is_asked_of_whoever_has_it(house: Story) -> None:
    number = await with_tom(house)
    await house.act(number, "resolve", "tom", solution="restarted")
    await house.letters(3)
    await house.act(number, "refuse", "dora", note="the queue hangs again")
    letters = await house.letters(3)
    assert asked(letters) == {"tom": GO_ON, "dan": "", "tim": ""}
    assert all("Reason: the queue hangs again" in one.text for one in letters if one.to.startswith("tom"))


async def test_an_answer_that_reopens_is_one_message_to_whoever_has_it(house: Story) -> None:
    number = (await hand_in(house, of_case(REPLY, "b")))["incident"]
    await house.act(number, "assign", "dora", group="mail")
    await house.act(number, "accept", "tom")
    await house.act(number, "resolve", "tom", solution="restarted")
    await arrived(house, number)
    await hand_in(house, of_case(REPLY, "b-refuse"))
    letters = await arrived(house, number)
    assert asked(letters) == {"tom": GO_ON, "tim": "", "dora": ""}
    assert [one.to for one in letters if "still not working" in one.text] == ["tom@example.com"]


async def test_a_raise_says_from_what_and_why_and_whoever_works_on_it_goes_on(house: Story) -> None:
    number = await with_tom(house)
    await house.call("PATCH", f"incidents/{number}", {"priority": 2, "note": "all of sales"})
    letters = await arrived(house, number)
    assert asked(letters)["tom"] == GO_ON
    assert {"tom@example.com", "manager@example.com"} <= {one.to for one in letters}
    assert all("Priority before: 3\n" in one.text and "Reason: all of sales\n" in one.text for one in letters)


async def test_a_raise_by_a_link_names_the_related_incident(house: Story) -> None:
    number, worse = await with_tom(house), await house.report("sales is down", impact="business")
    await arrived(house, worse)
    await house.call("POST", f"incidents/{worse}/link", {"master": number})
    letters = await arrived(house, number)
    assert {"tom@example.com", "manager@example.com"} <= {one.to for one in letters}
    assert all(f"Raised by its related incident {worse}\n" in one.text for one in letters)


async def test_a_claim_to_grade_says_until_when(house: Story) -> None:
    await house.call("POST", "incidents", {"title": "down", "impact": "business", "urgency": "urgent"}, "rita")
    letters = [one for one in await house.letters(3) if "grade this" in one.subject]
    assert [("Due: 2026-03-02 12:05:00 UTC" in one.text, one.to) for one in letters] == [
        (True, "dan@example.com"),
        (True, "dora@example.com"),
    ]


async def test_what_is_noted_below_a_master_that_nobody_has_is_told_to_the_desk(house: Story) -> None:
    master = (await hand_in(house, of_case(REPLY, "a")))["incident"]
    below = (await hand_in(house, of_case(REPLY, "b")))["incident"]
    if (await house.record(below))["master"] is None:
        await house.call("POST", f"incidents/{below}/link", {"master": master})
    await hand_in(house, of_case(REPLY, "b-fact"))
    letters = [one for one in await arrived(house, master) if "PHP memory" in one.text]
    assert [one.to for one in letters] == ["dan@example.com", "dora@example.com"]
    assert all("noted on a related incident" in one.subject for one in letters)
    assert set(asked(letters).values()) == {"To do: read the note, and take it into account"}


async def test_an_answer_after_the_master_was_resolved_is_read_and_not_reopened(house: Story) -> None:
    master = (await hand_in(house, of_case(REPLY, "a")))["incident"]
    below = (await hand_in(house, of_case(REPLY, "b")))["incident"]
    if (await house.record(below))["master"] is None:
        await house.call("POST", f"incidents/{below}/link", {"master": master})
    await house.act(master, "resolve", "dora", solution="more memory")
    await hand_in(house, of_case(REPLY, "b-refuse"))
    letters = [one for one in await arrived(house, below) if "still not working" in one.text]
    step = "To do: read the reply, and answer it"
    assert asked(letters) == {"dan": step, "dora": step}


@pytest.mark.parametrize("login", ["rita", "lea"])
async def test_nobody_is_given_a_record_who_works_on_none(house: Story, login: str) -> None:
    await house.join("lea", "leader", email="lea@example.com")
    number = await house.report(key="dora")
    for method, path, body in (
        ("POST", f"incidents/{number}/assign", {"person": login}),
        ("PATCH", f"incidents/{number}", {"assignee": login}),
        ("PATCH", f"incidents/{number}", {"owner": login}),
    ):
        problem = await house.refused(method, path, body)
        assert (problem["status"], problem["errors"][0]["detail"]) == (422, f"{login} does not work on records")
    await house.call("PATCH", f"incidents/{number}", {"owner": "dan"})


async def test_the_owner_of_a_security_incident_may_see_it(house: Story) -> None:
    number = await house.report(key="dora", contact="rita")
    await house.call("PATCH", f"incidents/{number}", {"security": True})
    problem = await house.refused("PATCH", f"incidents/{number}", {"owner": "dan"})
    assert (problem["status"], "dan may not see" in problem["errors"][0]["detail"]) == (422, True)
    await house.call("PATCH", f"incidents/{number}", {"owner": "sam"})


@pytest.mark.parametrize("tier3", [True, False])
async def test_what_goes_to_tier_3_is_asked_of_tier_3_else_of_the_desk(house: Story, *, tier3: bool) -> None:
    number = await with_tom(house)
    if tier3:
        await house.join("thea", "tier3", email="thea@example.com")
        await house.hire("kernel", "thea", tier="tier3")
    await house.act(number, "escalate", "dora", to="tier3", note="a fault in the kernel")
    step = "To do: accept it and begin"
    assert asked(await arrived(house, number)) == ({"thea": step} if tier3 else {"dan": step, "dora": step})


async def test_who_works_on_it_and_manages_incidents_hears_of_a_raise_once(house: Story) -> None:
    await house.join("max", "incident_manager", "tier2", email="max@example.com")
    number = await house.report(key="dora")
    await house.act(number, "assign", "dora", person="max")
    await house.act(number, "accept", "max")
    await arrived(house, number)
    await house.call("PATCH", f"incidents/{number}", {"priority": 1, "note": "all of sales"})
    letters = await arrived(house, number)
    steps = asked(letters)
    assert (len(letters), steps["max"], "manager" in steps) == (len(steps), GO_ON, True)
    assert (await house.facts(number, "management_told"))[-1]["targets"][:2] == ["smtp:manager@example.com", "person:max"]
    await house.act(number, "acknowledge_escalation", "max")


async def test_who_is_given_a_related_record_by_hand_is_asked_to_accept_it(house: Story) -> None:
    master, below = await house.report(key="dora"), await house.report("the same", key="dora")
    await house.call("POST", f"incidents/{below}/link", {"master": master})
    await house.act(below, "assign", "dora", person="tom", note="look at the queue")
    letters = await arrived(house, below)
    assert asked(letters) == {"tom": "To do: accept it and begin"}
    assert "Reason: look at the queue" in letters[0].text
    await house.act(master, "resolve", "dora", solution="restarted")
    (letter,) = await arrived(house, below)
    assert f"No longer related to its master {master}\n" in letter.text
