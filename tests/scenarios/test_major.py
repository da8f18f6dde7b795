"""A major incident from its declaration to the approval of its report."""

from datetime import timedelta

import pytest

from gateway.operations.rounds.undelivered import note_undelivered
from tests.scenarios.conftest import Telling
from tests.scenarios.rows import shows
from tests.support.clock import NOON
from tests.support.story import Story

DECLARED = ["operations_manager", "director", "management_system_owner"]
"""Roles that the shipped settings notify of a declared major incident."""


@shows("major/declared", "major/leader told")
async def test_major_declaration_notifies_manager_who_notifies_leader(
    story: Story, number: str
) -> None:
    problem = await story.refused("POST", f"incidents/{number}/declare_major", {"reason": " "})
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "/reason")
    await story.act(number, "declare_major", reason="all of sales")
    letters = {one.to.split("@")[0]: one for one in await story.letters(4)}
    assert sorted(letters) == ["director", "leader", "manager", "operations"]
    mail = letters["manager"]
    assert "Reason: all of sales" in mail.text
    assert "To do: tell the leader" in mail.text
    await story.until(3)
    await story.act(number, "leader_told", recipient="Director Li", note="by telephone")
    assert await story.facts(number, "leader_told") == [
        {
            "cause": "declared_major",
            "role": "leader",
            "recipient": "Director Li",
            "outcome": "reached",
            "note": "by telephone",
        }
    ]
    assert (await story.facts(number, "management_told"))[0]["roles"] == [
        "incident_manager",
        *DECLARED,
    ]


async def test_service_request_is_major_only_after_conversion(story: Story) -> None:
    asked = {"title": "a key", "kind": "service_request", "request_category": "access"}
    number = (await story.call("POST", "incidents", asked))["number"]
    path = f"incidents/{number}/declare_major"
    problem = await story.refused("POST", path, {"reason": "all of sales"})
    assert (problem["status"], (await story.record(number))["priority"]) == (409, 4)
    await story.act(number, "convert", to="incident", note="nobody can log in")
    assert (await story.act(number, "declare_major", reason="all of sales"))["major"]


async def test_gateway_notifies_leader_if_configured(telling: Telling) -> None:
    async with telling('[major]\nleader_told_by = "gateway"\n') as story:
        number = (await story.call("POST", "incidents", {"title": "mail is slow"}))["number"]
        await story.act(number, "declare_major", reason="all of sales")
        heard = [to.split("@")[0] for to, _ in await story.mails(4)]
        assert heard == ["director", "leader", "manager", "operations"]
        (told,) = await story.facts(number, "management_told")
        assert (told["cause"], told["roles"]) == (
            "declared_major",
            ["incident_manager", "leader", *DECLARED],
        )


async def test_leader_notification_of_non_major_incident_is_refused(
    story: Story, number: str
) -> None:
    problem = await story.refused(
        "POST", f"incidents/{number}/leader_told", {"recipient": "Director Li"}
    )
    assert problem["status"] == 409


@shows("major/status update")
async def test_status_update_reaches_each_subscriber_once_in_their_language(
    story: Story, number: str
) -> None:
    await story.join("ann", "leader", email="ann@example.com", locale="zh-CN")
    await story.join("bob", "tier2", email="bob@example.com")
    path = f"incidents/{number}/subscribers"
    await story.call("POST", path, {}, key="ann")
    for whom in (
        {"person": "bob"},
        {"address": "smtp:bob@example.com"},
        {"address": "smtp:out@example.org"},
    ):
        await story.call("POST", path, whom)
    due = (NOON + timedelta(minutes=30)).isoformat()
    posted = {"text": "We know the cause.\nMail returns soon.", "next_update_due_at": due}
    answers = [
        await story.again(f"incidents/{number}/updates", posted, once="u1") for _ in range(2)
    ]
    assert answers == [200, 200]
    letters = [one for one in await story.letters(3) if number in one.subject]
    assert [one.to for one in letters] == ["ann@example.com", "bob@example.com", "out@example.org"]
    assert ["进展通报" in one.subject for one in letters] == [True, False, False]
    assert all("We know the cause.\nMail returns soon.\n" in one.text for one in letters)
    assert "Next update due: 2026-03-02 12:30:00 UTC" in letters[1].text
    (told,) = await story.facts(number, "status_update")
    assert told["sent_to"] == [
        "smtp:ann@example.com",
        "smtp:bob@example.com",
        "smtp:out@example.org",
    ]
    assert [
        one["text"] for one in (await story.call("GET", f"incidents/{number}/updates"))["updates"]
    ] == [posted["text"]]


async def test_subscriber_of_linked_incident_gets_updates_of_master(
    story: Story, number: str
) -> None:
    own = (await story.call("POST", "incidents", {"title": "I cannot send mail"}))["number"]
    for record, whom in ((own, "out"), (number, "bob"), (own, "bob")):
        await story.call(
            "POST", f"incidents/{record}/subscribers", {"address": f"smtp:{whom}@example.org"}
        )
    await story.call("POST", f"incidents/{own}/link", {"master": number})
    await story.call("POST", f"incidents/{number}/updates", {"text": "Soon."})
    letters = {one.to: one.text for one in await story.letters(2) if "Soon." in one.text}
    assert {
        to: f"Your incident {own} follows this one" in text for to, text in letters.items()
    } == {
        "bob@example.org": False,
        "out@example.org": True,
    }
    await story.call("POST", f"incidents/{own}/unlink", {})
    await story.call("POST", f"incidents/{number}/updates", {"text": "Nearly."})
    assert [one.to for one in await story.letters(1) if "Nearly." in one.text] == [
        "bob@example.org"
    ]


async def test_unsubscribed_person_gets_no_updates(story: Story, number: str) -> None:
    await story.join("ann", "tier2", email="ann@example.com")
    path = f"incidents/{number}/subscribers"
    made = [await story.call("POST", path, {}, key="ann") for _ in range(2)]
    assert made[0] == made[1]
    other = await story.call("POST", path, {"address": "smtp:out@example.org"})
    assert await story.status("DELETE", f"{path}/{other['id']}", "ann") == 404
    assert await story.status("DELETE", f"{path}/{made[0]['id']}", "ann") == 204
    await story.call("POST", f"incidents/{number}/updates", {"text": "better"})
    assert [to for to, _ in await story.mails(1)] == ["out@example.org"]
    assert [event for _, event in await story.told(number)][1:] == [
        "subscribed",
        "subscribed",
        "unsubscribed",
        "status_update",
    ]


async def test_only_desk_and_manager_subscribe_reachable_others(story: Story, number: str) -> None:
    await story.join("ann", "tier2", email="ann@example.com")
    await story.join("mute", "tier2")
    await story.join("rep", "reporter", email="rep@example.com")
    path = f"incidents/{number}/subscribers"
    assert await story.status("POST", path, "ann", {"address": "smtp:out@example.org"}) == 403
    assert await story.status("POST", path, "rep", {}) == 404
    wrong = [
        {"address": "webhook:http://127.0.0.1/hook"},
        {"address": "webhook:file:///x"},
        {"address": "tel:1"},
        {"address": "smtp:x"},
        {"person": "mute"},
        {"person": "rep"},
        {"person": "nobody"},
        {},
        {"person": "ann", "address": "smtp:a@example.com"},
    ]
    assert [(await story.refused("POST", path, body))["status"] for body in wrong] == [422] * len(
        wrong
    )


async def test_update_of_security_incident_reaches_only_security_roles(
    story: Story, number: str
) -> None:
    await story.join("ann", "tier2", email="ann@example.com")
    await story.join("sec", "security", "tier2", email="sec@example.com")
    path = f"incidents/{number}/subscribers"
    for whom in ({"person": "ann"}, {"person": "sec"}, {"address": "smtp:out@example.org"}):
        await story.call("POST", path, whom)
    await story.call("PATCH", f"incidents/{number}", {"security": True})
    assert (await story.refused("POST", path, {"address": "smtp:more@example.org"}))[
        "status"
    ] == 422
    assert (await story.refused("POST", path, {"person": "ann"}))["status"] == 422
    await story.call("POST", f"incidents/{number}/updates", {"text": "contained"})
    (told,) = await story.facts(number, "status_update")
    assert (told["sent_to"], told["not_sent_to"]) == (
        ["smtp:sec@example.com"],
        ["person:ann", "smtp:out@example.org"],
    )


@shows("major/update overdue")
async def test_manager_is_reminded_once_of_overdue_update(story: Story, number: str) -> None:
    await story.act(number, "declare_major", reason="all of sales")
    for minute, promised in ((0, 10), (8, 20)):
        await story.until(minute)
        due = (NOON + timedelta(minutes=promised)).isoformat()
        await story.call(
            "POST", f"incidents/{number}/updates", {"text": "working", "next_update_due_at": due}
        )
    await story.until(40)
    reminded = [
        one
        for one in await story.facts(number, "management_told")
        if one["cause"].startswith("update_due")
    ]
    assert [(one["roles"], one["targets"]) for one in reminded] == [
        (["incident_manager"], ["smtp:manager@example.com"])
    ]
    assert (20.0, "management_told") in await story.told(number)


@pytest.mark.parametrize("after", ["not major", "resolved", "told without a promise"])
async def test_no_reminder_is_sent_if_update_is_no_longer_due(
    story: Story, number: str, after: str
) -> None:
    if after != "not major":
        await story.act(number, "declare_major", reason="all of sales")
    due = (NOON + timedelta(minutes=3)).isoformat()
    await story.call(
        "POST", f"incidents/{number}/updates", {"text": "working", "next_update_due_at": due}
    )
    if after == "resolved":
        await story.act(number, "resolve", solution="restarted")
    if after == "told without a promise":
        await story.call("POST", f"incidents/{number}/updates", {"text": "that was all"})
    await story.until(10)
    assert not [
        one
        for one in await story.facts(number, "management_told")
        if one["cause"].startswith("update_due")
    ]


GENERAL = """
[sla]
default = "severity-ladder"
"""


@pytest.mark.parametrize(("who", "stopped"), [("max", True), ("tia", False), (None, False)])
@shows("escalation/acknowledged")
async def test_acknowledged_escalation_stops_further_escalation(
    telling: Telling, *, who: str | None, stopped: bool
) -> None:
    async with telling(GENERAL) as story:
        await story.join("max", "leader", email="Manager@example.com")
        await story.join("tia", "tier2", email="tia@example.com")
        number = await story.report()
        path = f"incidents/{number}/acknowledge_escalation"
        assert await story.status("POST", path, "max", {}) == 409
        await story.until(125)
        if who is not None:
            answers = [
                await story.status("POST", path, who, {"note": "I am on it"}) for _ in range(2)
            ]
            assert answers == ([200, 200] if stopped else [409, 409])
        await story.until(300)
        told = [one["roles"] for one in await story.facts(number, "management_told")]
        assert told == [["incident_manager"]] + [["operations_manager", "director"]] * (not stopped)
        noted = {
            "cause": "unresolved:7200s:incident_manager#1",
            "recipient": "smtp:manager@example.com",
            "outcome": "acknowledged",
            "note": "I am on it",
        }
        assert await story.facts(number, "escalation_acknowledged") == [noted] * stopped


async def test_manager_role_acknowledges_escalation_unless_resolved(telling: Telling) -> None:
    async with telling(GENERAL) as story:
        number = await story.report()
        await story.until(125)
        await story.act(number, "resolve", solution="restarted")
        assert (await story.refused("POST", f"incidents/{number}/acknowledge_escalation", {}))[
            "status"
        ] == 409
        await story.act(number, "refuse", note="still slow")
        await story.act(number, "acknowledge_escalation")
        (noted,) = await story.facts(number, "escalation_acknowledged")
        assert (noted["role"], noted["outcome"]) == ("incident_manager", "acknowledged")


@shows("escalation/undelivered")
async def test_undelivered_notification_is_recorded_once(telling: Telling) -> None:
    async with telling() as story:
        story.mailbox.refusing.add("leader@example.com")
        number = await story.report(impact="business", urgency="urgent")
        await story.mails(1)
        await story.settled(number, 2)
        assert [await note_undelivered(story.gateway.uow) for _ in range(2)] == [1, 0]
        (entry,) = await story.facts(number, "undelivered")
        assert (entry["recipient"], entry["role"], entry["attempts"]) == (
            "smtp:leader@example.com",
            "leader",
            1,
        )
        assert "no such mailbox" in entry["reason"]
        states = {one["recipient"]: one["state"] for one in await story.notifications(number)}
        assert states == {"leader@example.com": "dead", "manager@example.com": "sent"}


DUTY = """
[[escalation.management]]
priorities = [3]
after = "5m"
repeat = "5m"
notify = ["duty"]
"""


async def test_escalation_step_for_person_repeats_until_acknowledged(telling: Telling) -> None:
    async with telling(DUTY) as story:
        await story.join("dina", "tier2", email="dina@example.com", locale="zh-CN")
        number = await story.report()
        await story.until(11)
        assert [one.subject for one in await story.letters(2)] == [
            f"[{number}] P3 仍未解决：mail is slow"
        ] * 2
        await story.act(number, "acknowledge_escalation", "dina")
        await story.until(60)
        assert [one["targets"] for one in await story.facts(number, "management_told")] == [
            ["person:dina"]
        ] * 2
        assert (await story.facts(number, "escalation_acknowledged"))[0][
            "recipient"
        ] == "person:dina"
