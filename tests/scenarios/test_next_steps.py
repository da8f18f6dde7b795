"""Every message names the reader's next step and its reason.

People who are no longer responsible are asked to do nothing.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING
from tests.support.mails import post_mail, read_case_mail
from tests.support.story import ArrivedMail, Story

REPLY = "16-reply-to-a-merged-record"
GO_ON = "To do: go on with it"
ASK = "To do: ask the reporter whether it is solved, then close it"


@pytest.fixture
async def harness(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story with Dora and Dan at the desk, and Tom and Tim at tier 2.

    Sam has the security role, and Rita is a reporter.
    """
    async with telling(LISTENING, recipients="handler = []") as story:
        desk, tier2 = ("dora", "dan"), ("tom", "tim")
        roles = dict.fromkeys(desk, "service_desk") | dict.fromkeys(tier2, "tier2")
        for login, role in (roles | {"rita": "reporter", "sam": "security"}).items():
            await story.join(login, role, email=f"{login}@example.com")
        await story.hire("desk", *desk, tier="desk")
        await story.hire("mail", *tier2)
        yield story


def asked(letters: list[ArrivedMail]) -> dict[str, str]:
    """Return the step that each reader is asked to take, "" if none."""
    steps = {
        one.to.split("@")[0]: one.text.partition("To do: ")[2].partition("\n")[0] for one in letters
    }
    return {who: f"To do: {step}" if step else "" for who, step in steps.items()}


async def arrived(harness: Story, number: str) -> list[ArrivedMail]:
    """Return the mails since the last call, once no message about the record is pending."""
    async with asyncio.timeout(10):
        while any(one["state"] == "pending" for one in await harness.notifications(number)):
            continue
    return await harness.letters(harness.mailbox.arrived.qsize())


async def with_tom(harness: Story, **more: str) -> str:
    """Create a record of Dora's, once returned to the desk, that Tom works on; Tim knows it too."""
    number = await harness.report(key="dora", **more)
    await harness.act(number, "assign", "dora", group="mail")
    await harness.act(number, "accept", "tim")
    await harness.act(number, "return", "tim", note="not ours")
    await harness.act(number, "acknowledge", "dora")
    await harness.act(number, "assign", "dora", person="tom", note="it is yours")
    await harness.act(number, "accept", "tom")
    told = await harness.letters(5 if not more else 7)
    reasons = {
        (one.to.split("@")[0], one.text.partition("Reason: ")[2].partition("\n")[0]) for one in told
    }
    assert {("dora", "not ours"), ("dan", "not ours"), ("tom", "it is yours")} <= reasons
    return number


async def test_owner_is_asked_to_confirm_resolution_and_nobody_else(harness: Story) -> None:
    number = await with_tom(harness, contact="rita")
    await harness.act(number, "resolve", "tom", solution="restarted")
    steps = asked(await harness.letters(4))
    assert steps == {"dora": ASK, "dan": "", "tim": "", "rita": ""}


async def test_owner_checks_solution_of_incident_without_reporter(harness: Story) -> None:
    number = await with_tom(harness)
    await harness.act(number, "resolve", "tom", solution="restarted")
    step = "To do: check whether it is solved, then close it"
    assert asked(await harness.letters(3)) == {"dora": step, "dan": "", "tim": ""}


async def test_reopened_incident_is_sent_to_its_handler(harness: Story) -> None:
    number = await with_tom(harness)
    await harness.act(number, "resolve", "tom", solution="restarted")
    await harness.letters(3)
    await harness.act(number, "refuse", "dora", note="the queue hangs again")
    letters = await harness.letters(3)
    assert asked(letters) == {"tom": GO_ON, "dan": "", "tim": ""}
    assert all(
        "Reason: the queue hangs again" in one.text for one in letters if one.to.startswith("tom")
    )


async def test_reopening_reply_sends_one_message_to_handler(harness: Story) -> None:
    number = (await post_mail(harness, read_case_mail(REPLY, "b")))["incident"]
    await harness.act(number, "assign", "dora", group="mail")
    await harness.act(number, "accept", "tom")
    await harness.act(number, "resolve", "tom", solution="restarted")
    await arrived(harness, number)
    await post_mail(harness, read_case_mail(REPLY, "b-refuse"))
    letters = await arrived(harness, number)
    assert asked(letters) == {"tom": GO_ON, "tim": "", "dora": ""}
    assert [one.to for one in letters if "still not working" in one.text] == ["tom@example.com"]


async def test_priority_raise_message_states_previous_priority_and_reason(harness: Story) -> None:
    number = await with_tom(harness)
    await harness.call("PATCH", f"incidents/{number}", {"priority": 2, "note": "all of sales"})
    letters = await arrived(harness, number)
    assert asked(letters)["tom"] == GO_ON
    assert {"tom@example.com", "manager@example.com"} <= {one.to for one in letters}
    assert all(
        "Priority before: 3\n" in one.text and "Reason: all of sales\n" in one.text
        for one in letters
    )


async def test_raise_by_link_names_linked_incident(harness: Story) -> None:
    number, worse = (
        await with_tom(harness),
        await harness.report("sales is down", impact="business"),
    )
    await arrived(harness, worse)
    await harness.call("POST", f"incidents/{worse}/link", {"master": number})
    letters = await arrived(harness, number)
    assert {"tom@example.com", "manager@example.com"} <= {one.to for one in letters}
    assert all(f"Raised by its related incident {worse}\n" in one.text for one in letters)


async def test_grading_request_states_its_deadline(harness: Story) -> None:
    await harness.call(
        "POST", "incidents", {"title": "down", "impact": "business", "urgency": "urgent"}, "rita"
    )
    letters = [one for one in await harness.letters(3) if "grade this" in one.subject]
    assert [("Due: 2026-03-02 12:05:00 UTC" in one.text, one.to) for one in letters] == [
        (True, "dan@example.com"),
        (True, "dora@example.com"),
    ]


async def test_note_below_unassigned_master_is_sent_to_desk(harness: Story) -> None:
    master = (await post_mail(harness, read_case_mail(REPLY, "a")))["incident"]
    below = (await post_mail(harness, read_case_mail(REPLY, "b")))["incident"]
    if (await harness.record(below))["master"] is None:
        await harness.call("POST", f"incidents/{below}/link", {"master": master})
    await post_mail(harness, read_case_mail(REPLY, "b-fact"))
    letters = [one for one in await arrived(harness, master) if "PHP memory" in one.text]
    assert [one.to for one in letters] == ["dan@example.com", "dora@example.com"]
    assert all("noted on a related incident" in one.subject for one in letters)
    assert set(asked(letters).values()) == {"To do: read the note, and take it into account"}


async def test_reply_after_master_resolution_asks_desk_to_answer(harness: Story) -> None:
    master = (await post_mail(harness, read_case_mail(REPLY, "a")))["incident"]
    below = (await post_mail(harness, read_case_mail(REPLY, "b")))["incident"]
    if (await harness.record(below))["master"] is None:
        await harness.call("POST", f"incidents/{below}/link", {"master": master})
    await harness.act(master, "resolve", "dora", solution="more memory")
    await post_mail(harness, read_case_mail(REPLY, "b-refuse"))
    letters = [one for one in await arrived(harness, below) if "still not working" in one.text]
    step = "To do: read the reply, and answer it"
    assert asked(letters) == {"dan": step, "dora": step}


@pytest.mark.parametrize("login", ["rita", "lea"])
async def test_incident_is_not_given_to_reporter_or_leader(harness: Story, login: str) -> None:
    await harness.join("lea", "leader", email="lea@example.com")
    number = await harness.report(key="dora")
    for method, path, body in (
        ("POST", f"incidents/{number}/assign", {"person": login}),
        ("PATCH", f"incidents/{number}", {"assignee": login}),
        ("PATCH", f"incidents/{number}", {"owner": login}),
    ):
        problem = await harness.refused(method, path, body)
        assert (problem["status"], problem["errors"][0]["detail"]) == (
            422,
            f"{login} does not work on records",
        )
    await harness.call("PATCH", f"incidents/{number}", {"owner": "dan"})


async def test_owner_of_security_incident_must_be_permitted_to_see_it(harness: Story) -> None:
    number = await harness.report(key="dora", contact="rita")
    await harness.call("PATCH", f"incidents/{number}", {"security": True})
    problem = await harness.refused("PATCH", f"incidents/{number}", {"owner": "dan"})
    assert (problem["status"], "dan may not see" in problem["errors"][0]["detail"]) == (422, True)
    await harness.call("PATCH", f"incidents/{number}", {"owner": "sam"})


@pytest.mark.parametrize("tier3", [True, False])
async def test_escalation_to_tier_3_notifies_tier_3_or_else_desk(
    harness: Story, *, tier3: bool
) -> None:
    number = await with_tom(harness)
    if tier3:
        await harness.join("thea", "tier3", email="thea@example.com")
        await harness.hire("kernel", "thea", tier="tier3")
    await harness.act(number, "escalate", "dora", to="tier3", note="a fault in the kernel")
    step = "To do: accept it and begin"
    assert asked(await arrived(harness, number)) == (
        {"thea": step} if tier3 else {"dan": step, "dora": step}
    )


async def test_handler_who_manages_incidents_gets_one_raise_message(harness: Story) -> None:
    await harness.join("max", "incident_manager", "tier2", email="max@example.com")
    number = await harness.report(key="dora")
    await harness.act(number, "assign", "dora", person="max")
    await harness.act(number, "accept", "max")
    await arrived(harness, number)
    await harness.call("PATCH", f"incidents/{number}", {"priority": 1, "note": "all of sales"})
    letters = await arrived(harness, number)
    steps = asked(letters)
    assert (len(letters), steps["max"], "manager" in steps) == (len(steps), GO_ON, True)
    assert (await harness.facts(number, "management_told"))[-1]["targets"][:2] == [
        "smtp:manager@example.com",
        "person:max",
    ]
    await harness.act(number, "acknowledge_escalation", "max")


async def test_assignee_of_linked_incident_is_asked_to_accept_it(harness: Story) -> None:
    master, below = await harness.report(key="dora"), await harness.report("the same", key="dora")
    await harness.call("POST", f"incidents/{below}/link", {"master": master})
    await harness.act(below, "assign", "dora", person="tom", note="look at the queue")
    letters = await arrived(harness, below)
    assert asked(letters) == {"tom": "To do: accept it and begin"}
    assert "Reason: look at the queue" in letters[0].text
    await harness.act(master, "resolve", "dora", solution="restarted")
    (letter,) = await arrived(harness, below)
    assert f"No longer related to its master {master}\n" in letter.text
