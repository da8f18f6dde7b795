"""One shift hands its open work to the next, and nothing is left without an owner."""

import pytest

from gateway.operations.shifts.hand_over import make_lists
from tests.scenarios.rows import shows
from tests.support.story import ArrivedMail, Story

DAY = {"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T20:00:00Z", "people": ["ann", "bob"]}
NIGHT = {"from": "2026-03-02T20:00:00Z", "to": "2026-03-03T04:00:00Z", "people": ["bob", "eve"]}


@pytest.fixture
async def floor(story: Story) -> Story:
    """Provide a story with Ann and Bob by day, Bob and Eve by night, all in mail at tier 2."""
    for login, locale in (("ann", "en"), ("bob", "en"), ("eve", "zh-CN")):
        await story.join(login, "tier2", email=f"{login}@example.com", locale=locale)
    await story.call(
        "POST",
        "groups",
        {"slug": "mail", "name": "Mail", "tier": "tier2", "members": ["ann", "bob", "eve"]},
    )
    await story.put("groups/mail/roster", {"shifts": [DAY, NIGHT]})
    return story


async def given_to(story: Story, person: str, title: str = "mail is slow") -> str:
    number = str(
        (await story.call("POST", "incidents", {"title": title, "impact": "group"}))["number"]
    )
    await story.act(number, "assign", group="mail", person=person)
    return number


@shows("hand-over/list")
async def test_hand_over_list_is_made_before_shift_end_and_accepted(floor: Story) -> None:
    anns, bobs, nobodys = [await given_to(floor, person) for person in ("ann", "bob", "")]
    done = await given_to(floor, "ann")
    await floor.act(done, "resolve", solution="restarted")
    await floor.until(7 * 60 + 29)
    assert await floor.hand_over() == []
    await floor.until(7 * 60 + 30)
    (listed,) = await floor.hand_over()
    assert [record["number"] for record in listed["records"]] == [anns, bobs, nobodys]
    assert (listed["people"], listed["successors"]) == (["ann", "bob"], ["bob", "eve"])
    await floor.call("POST", f"handovers/{listed['id']}/accept", key="eve")
    assert [(await floor.record(number))["handler"] for number in (anns, bobs, nobodys, done)] == [
        "eve",
        "bob",
        "eve",
        "ann",
    ]
    assert await floor.hand_over() == []
    assert (await floor.told(anns))[-1] == (450.0, "handed_over")


@shows("hand-over/acceptance")
async def test_hand_over_is_accepted_once_and_only_by_next_shift(floor: Story) -> None:
    await given_to(floor, "ann")
    await floor.until(7 * 60 + 45)
    (listed,) = await floor.hand_over()
    path = f"handovers/{listed['id']}/accept"
    assert (await floor.status("POST", path, "ann"), await floor.status("POST", path, "eve")) == (
        403,
        200,
    )
    assert (
        await floor.status("POST", path, "bob"),
        await floor.status("POST", "handovers/999/accept", "bob"),
    ) == (409, 404)


async def test_hand_over_list_is_made_only_once(floor: Story) -> None:
    await floor.until(7 * 60 + 31)
    assert [await make_lists(floor.gateway.uow) for _ in range(3)] == [1, 0, 0]


async def test_roster_shows_who_is_on_shift_and_keeps_begun_shifts(floor: Story) -> None:
    await floor.until(60)
    assert (await floor.call("GET", "groups/mail/roster"))["on_shift"] == ["ann", "bob"]
    await floor.put("groups/mail/roster", {"shifts": [NIGHT | {"people": ["eve"]}]})
    shifts = (await floor.call("GET", "groups/mail/roster"))["shifts"]
    assert [shift["people"] for shift in shifts] == [["ann", "bob"], ["eve"]]
    overlapping = {"shifts": [DAY, NIGHT | {"from": "2026-03-02T19:00:00Z", "people": ["zoe"]}]}
    problem = await floor.refused("PUT", "groups/mail/roster", overlapping)
    assert {flaw["pointer"] for flaw in problem["errors"]} >= {
        "/shifts/0/from",
        "/shifts/1/from",
        "/shifts/1/people",
    }


async def heard(story: Story, occasion: str, count: int) -> list[ArrivedMail]:
    """Return the next mails with these words in the subject, and drop others.

    `occasion` holds the words of each language, separated by slashes.
    """
    found: list[ArrivedMail] = []
    while len(found) < count:
        found += [
            one
            for one in await story.letters(1)
            if any(word in one.subject for word in occasion.split("/"))
        ]
    return sorted(found, key=lambda one: one.to)


@shows("hand-over/told")
async def test_next_shift_is_notified_of_hand_over_in_own_language(floor: Story) -> None:
    number = await given_to(floor, "ann")
    hidden = await given_to(floor, "bob", "phishing")
    await floor.call("PATCH", f"incidents/{hidden}", {"security": True})
    await floor.until(7 * 60 + 30)
    for _ in range(2):
        await floor.hand_over()
    bobs, eves = await heard(floor, "hand-over/交接班", 2)
    assert [(one.to, one.subject) for one in (bobs, eves)] == [
        ("bob@example.com", "shift hand-over: mail"),
        ("eve@example.com", "交接班：mail"),
    ]
    assert "shift hand-over\n\nTo do: accept the hand-over\n" in bobs.text
    assert "Open records: 1\n" in bobs.text
    assert f"{number} P3 assigned: mail is slow\n" in bobs.text
    assert f"{number} P3 待响应: mail is slow\n" in eves.text
    assert hidden not in bobs.text


@pytest.mark.parametrize("accepted", [False, True])
@shows("hand-over/reminded")
async def test_unaccepted_hand_over_is_reminded_once_also_to_manager(
    floor: Story, *, accepted: bool
) -> None:
    await given_to(floor, "ann")
    await floor.until(7 * 60 + 30)
    (listed,) = await floor.hand_over()
    if accepted:
        await floor.call("POST", f"handovers/{listed['id']}/accept", key="eve")
    for minute in (7 * 60 + 59, 8 * 60, 8 * 60 + 1):
        await floor.until(minute)
        await floor.hand_over()
    late = await floor.gateway.pool.fetch(
        "SELECT recipient, role FROM outbox WHERE template = 'handover_late' ORDER BY 1"
    )
    people = [
        ("bob", "next_shift"),
        ("eve", "next_shift"),
        ("manager@example.com", "incident_manager"),
    ]
    assert [tuple(row) for row in late] == ([] if accepted else people)
