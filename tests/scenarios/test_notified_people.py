"""People are notified of what they must do, whatever caused it."""

from collections.abc import AsyncIterator

import pytest

from gateway.operations.rounds.undelivered import note_undelivered
from tests.scenarios.conftest import Telling
from tests.support.story import Story

PEOPLE = {
    "dora": "service_desk",
    "olga": "tier2",
    "tom": "tier2",
    "theo": "tier3",
    "mona": "incident_manager",
}


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling("") as told:
        for login, role in PEOPLE.items():
            await told.join(login, role, email=f"{login}@example.com")
        for slug, tier, members in (("desk", "desk", ["dora"]), ("sre", "tier2", ["olga", "tom"])):
            await told.call(
                "POST", "groups", {"slug": slug, "name": slug, "tier": tier, "members": members}
            )
        yield told


async def told(story: Story, count: int) -> list[tuple[str, str]]:
    """Return recipient and occasion of the next messages."""
    mails = await story.mails(count)
    return sorted(
        (to.removesuffix("@example.com"), subject.split(" ", 2)[2].split(":")[0])
        for to, subject in mails
    )


async def test_role_members_are_notified_without_being_listed(story: Story) -> None:
    await story.report(impact="business", urgency="urgent")
    assert await told(story, 3) == [("leader", "opened"), ("manager", "opened"), ("mona", "opened")]


async def test_desk_is_told_of_an_urgent_record_where_no_manager_is_reached(
    telling: Telling,
) -> None:
    async with telling("") as story:
        await story.join("dora", "service_desk", email="dora@example.com")
        for role in ("incident_manager", "leader"):
            await story.call("PUT", f"recipients/{role}", {"targets": []})
        await story.report(impact="business", urgency="urgent")
        assert await told(story, 1) == [("dora", "opened")]
        async with story.gateway.pool.acquire() as conn:
            assert await conn.fetch("SELECT * FROM silent_incident") == []


async def test_assignment_notifies_person_or_group_on_shift(story: Story) -> None:
    number = await story.report()
    await story.act(number, "assign", group="sre", person="olga")
    assert await told(story, 1) == [("olga", "assigned")]
    await story.act(number, "assign", group="sre")
    assert await told(story, 2) == [("olga", "assigned"), ("tom", "assigned")]
    shift = {"from": "2026-03-02T12:01:00Z", "to": "2026-03-02T20:00:00Z", "people": ["tom"]}
    await story.put("groups/sre/roster", {"shifts": [shift]})
    await story.until(2)
    await story.act(number, "return", note="not ours")
    assert await told(story, 1) == [("dora", "returned to the desk")]
    await story.act(number, "assign", group="sre")
    assert await told(story, 1) == [("tom", "assigned")]


async def test_escalation_notifies_tier_3_and_resolution_notifies_desk(story: Story) -> None:
    number = await story.report(key="dora")
    await story.act(number, "assign", "dora", group="sre", person="olga")
    await story.act(number, "accept", "olga")
    await story.act(number, "escalate", "olga", to="tier3", note="beyond us")
    assert await told(story, 2) == [("olga", "assigned"), ("theo", "escalated")]
    await story.act(number, "resolve", "theo", solution="restarted", resolution="solved")
    assert await told(story, 2) == [("dora", "resolved"), ("olga", "resolved")]
    await story.act(number, "refuse", "dora", note="still down")
    assert await told(story, 2) == [("olga", "reopened"), ("theo", "reopened")]


async def test_warnings_notify_the_handler(story: Story) -> None:
    number = await story.report()
    await story.act(number, "assign", group="sre", person="olga")
    await story.act(number, "accept", "olga")
    await story.until(13)
    assert await told(story, 2) == [("olga", "assigned"), ("olga", "nearly due")]


async def test_manually_unlinked_urgent_incident_is_notified(story: Story) -> None:
    master, record = [
        await story.report(title, impact="business", urgency="urgent") for title in ("a", "b")
    ]
    await told(story, 6)
    await story.act(record, "link", master=master)
    await story.act(record, "unlink")
    assert await told(story, 3) == [("leader", "opened"), ("manager", "opened"), ("mona", "opened")]


async def test_urgent_request_converted_to_incident_is_notified(story: Story) -> None:
    asked = {
        "kind": "service_request",
        "request_category": "access",
        "impact": "business",
        "urgency": "urgent",
    }
    number = await story.report(**asked)
    await story.act(number, "convert", to="incident", note="it is down")
    assert await told(story, 3) == [("leader", "opened"), ("manager", "opened"), ("mona", "opened")]


NOBODYS = {"slug": "nobodys", "name": "nobodys", "tier": "tier2", "members": []}


async def test_desk_is_notified_for_group_without_members(story: Story) -> None:
    number = await story.report()
    await story.call("POST", "groups", NOBODYS)
    await story.act(number, "assign", group="nobodys")
    assert await told(story, 1) == [("dora", "assigned")]


async def test_unreachable_group_is_recorded_and_refuses_nothing(telling: Telling) -> None:
    async with telling("") as story:
        number = await story.report()
        await story.call("POST", "groups", NOBODYS)
        await story.act(number, "assign", group="nobodys")
        entry = (await story.facts(number, "management_told"))[-1]
        assert (entry["template"], entry["roles"], entry["unreachable"]) == (
            "assigned",
            ["group"],
            ["group"],
        )


async def test_recipients_of_opening_are_notified_of_resolution_and_reopening(story: Story) -> None:
    number = (await story.alert("disk full"))["incident"]
    beginning = await told(story, 3)
    assert beginning == [("leader", "opened"), ("manager", "opened"), ("mona", "opened")]
    await story.act(number, "assign", group="sre", person="olga")
    assert await told(story, 1) == [("olga", "assigned")]
    await story.until(1)
    await story.alert("disk full", "resolved")
    everybody = ["leader", "manager", "mona", "olga"]
    assert await told(story, 4) == [(one, "resolved") for one in everybody]
    await story.until(2)
    await story.alert("disk full")
    assert await told(story, 4) == [(one, "reopened") for one in everybody]
    await story.act(number, "accept", "olga")
    await story.act(number, "resolve", "olga", solution="a bigger disk", resolution="solved")
    assert await told(story, 4) == [
        ("dora", "resolved"),
        *((one, "resolved") for one in everybody if one != "olga"),
    ]
    await story.act(number, "close", "dora")
    assert story.mailbox.arrived.empty()


async def test_incident_without_notifications_ends_without_message(story: Story) -> None:
    number = await story.report()
    await story.act(number, "resolve", solution="done", resolution="solved")
    await story.act(number, "close")
    assert await story.notifications(number) == []


async def test_undelivered_urgent_notification_goes_once_to_next_role(story: Story) -> None:
    story.mailbox.refusing |= {"olga@example.com", "dora@example.com"}
    number = await story.report(impact="business", urgency="urgent")
    await told(story, 3)
    await story.act(number, "assign", group="sre", person="olga")
    await story.settled(number, 4)
    assert [await note_undelivered(story.gateway.uow) for _ in range(2)] == [1, 0]
    await story.settled(number, 5)
    assert await note_undelivered(story.gateway.uow) == 1
    await story.settled(number, 7)
    words = "nobody was reached"
    assert await told(story, 2) == [("manager", words), ("mona", words)]
    entries = await story.facts(number, "management_told")
    assert [entry["roles"] for entry in entries[1:]] == [["service_desk"], ["incident_manager"]]


async def test_undelivered_notification_of_minor_incident_is_only_recorded(story: Story) -> None:
    story.mailbox.refusing.add("olga@example.com")
    number = await story.report()
    await story.act(number, "assign", group="sre", person="olga")
    await story.settled(number, 1)
    await note_undelivered(story.gateway.uow)
    assert [event for _, event in await story.told(number)] == ["opened", "assigned", "undelivered"]
