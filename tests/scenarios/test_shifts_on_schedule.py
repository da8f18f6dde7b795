"""A group's roster follows a schedule, and its shifts look through what was left to them."""

import asyncio
from typing import Any

import pytest

from gateway.operations.oncall.rosters import follow_schedules
from tests.support.story import Story

LAYER = {
    "name": "twelve hours",
    "starts_on": "2026-03-02",
    "unit": "hours",
    "length": 12,
    "hand_over": "08:00",
    "turns": [["ann"], ["bob"]],
}
"""Ann is on call until 20:00, 480 minutes after the story begins, then Bob."""


@pytest.fixture
async def floor(story: Story) -> Story:
    for login, locale in (("ann", "en"), ("bob", "zh-CN"), ("cec", "en")):
        await story.join(login, "tier2", email=f"{login}@example.com", locale=locale)
    members = {"slug": "mail", "name": "Mail", "tier": "tier2", "members": ["ann", "bob"]}
    await story.call("POST", "groups", members)
    await story.call("POST", "schedules", {"slug": "web", "name": "Web", "layers": [LAYER]})
    await story.put("groups/mail/roster", {"schedule": "web"})
    return story


async def roster(story: Story) -> list[tuple[str, str, list[str]]]:
    told = await story.call("GET", "groups/mail/roster?to=2026-03-03T20:00:00Z")
    assert told["schedule"] in ("web", None)
    return [(one["from"][8:16], one["to"][8:16], one["people"]) for one in told["shifts"]]


async def given_to(story: Story, person: str) -> str:
    record: dict[str, Any] = {"title": "mail is slow", "impact": "group"}
    number = str((await story.call("POST", "incidents", record))["number"])
    await story.act(number, "assign", group="mail", person=person)
    return number


async def test_roster_has_the_shifts_of_the_schedule(floor: Story) -> None:
    assert await roster(floor) == [
        ("02T12:00", "02T20:00", ["ann"]),
        ("02T20:00", "03T08:00", ["bob"]),
        ("03T08:00", "03T20:00", ["ann"]),
    ]


async def test_override_changes_the_roster_at_once(floor: Story) -> None:
    await floor.until(60)
    override = {"to": "2026-03-02T15:00:00Z", "people": ["cec"]}
    await floor.call("POST", "schedules/web/overrides", override)
    assert (await roster(floor))[:2] == [
        ("02T13:00", "02T15:00", ["cec"]),
        ("02T15:00", "02T20:00", ["ann"]),
    ]
    assert (await floor.call("GET", "groups/mail/roster"))["on_shift"] == ["cec"]
    await floor.call("PATCH", "schedules/web", {"layers": [LAYER | {"turns": [["bob"]]}]})
    assert [people for _, _, people in await roster(floor)] == [["cec"], ["bob"], ["bob"], ["bob"]]


async def test_schedule_without_layers_empties_the_roster(floor: Story) -> None:
    await floor.call("POST", "schedules", {"slug": "none", "name": "Nobody", "layers": []})
    await floor.put("groups/mail/roster", {"schedule": "none"})
    told = await floor.call("GET", "groups/mail/roster")
    assert (told["schedule"], told["shifts"], told["on_shift"]) == ("none", [], [])
    assert await follow_schedules(floor.gateway.uow) == 0


async def test_rosters_set_at_once_never_deadlock(floor: Story) -> None:
    for slug in ("app", "net"):
        await floor.call("POST", "groups", {"slug": slug, "name": slug, "tier": "tier2"})
    await floor.call("POST", "schedules", {"slug": "alt", "name": "Other", "layers": [LAYER]})

    async def set_rosters(group: str) -> None:
        for schedule in ("alt", "web") * 10:
            await floor.put(f"groups/{group}/roster", {"schedule": schedule})

    async def follow() -> None:
        for _ in range(10):
            await follow_schedules(floor.gateway.uow)

    await asyncio.gather(*map(set_rosters, ("mail", "app", "net")), follow())


async def test_roster_goes_on_as_time_passes(floor: Story) -> None:
    await floor.until(10 * 24 * 60)
    assert await follow_schedules(floor.gateway.uow) == 1
    assert await follow_schedules(floor.gateway.uow) == 0
    told = await floor.call(
        "GET", "groups/mail/roster?from=2026-03-25T00:00:00Z&to=2026-03-25T20:00:00Z"
    )
    assert [one["people"] for one in told["shifts"]] == [["bob"], ["ann"]]


async def test_roster_given_by_hand_follows_no_schedule(floor: Story) -> None:
    shift = {"from": "2026-03-03T20:00:00Z", "to": "2026-03-03T21:00:00Z", "people": ["ann"]}
    await floor.put("groups/mail/roster", {"shifts": [shift]})
    assert (await floor.call("GET", "groups/mail/roster"))["schedule"] is None
    assert await follow_schedules(floor.gateway.uow) == 0


@pytest.mark.parametrize("body", [{}, {"shifts": [], "schedule": "web"}, {"schedule": "db"}])
async def test_roster_needs_either_shifts_or_a_schedule_that_is_there(
    floor: Story, body: dict[str, Any]
) -> None:
    assert await floor.status("PUT", "groups/mail/roster", "admin", body) == 422


async def test_inactive_schedule_is_not_followed(floor: Story) -> None:
    assert await floor.status("DELETE", "schedules/web", "admin") == 204
    assert await floor.status("PUT", "groups/mail/roster", "admin", {"schedule": "web"}) == 422
    assert await roster(floor) == []


async def test_shift_is_asked_once_to_look_through_what_was_left(floor: Story) -> None:
    number = await given_to(floor, "ann")
    await floor.until(450)
    (listed,) = await floor.hand_over()
    assert (listed["people"], listed["successors"]) == (["ann"], ["bob"])
    await floor.until(509)
    await floor.hand_over()
    assert await asked(floor) == []
    await floor.until(510)
    await floor.hand_over()
    await floor.hand_over()
    (waiting,) = await asked(floor)
    assert ([one["number"] for one in waiting["records"]], waiting["id"]) == (
        [number],
        listed["id"],
    )
    rows = await floor.gateway.pool.fetch(
        "SELECT recipient, facts FROM outbox WHERE template = 'look_through'"
    )
    assert [row["recipient"] for row in rows] == ["bob"]
    path = f"handovers/{listed['id']}/looked-through"
    assert [await floor.status("POST", path, who) for who in ("ann", "bob", "bob")] == [
        403,
        200,
        409,
    ]
    assert await asked(floor) == []
    assert await floor.status("POST", "handovers/999/looked-through", "bob") == 404


async def test_nothing_is_asked_where_nothing_is_left(floor: Story) -> None:
    number = await given_to(floor, "ann")
    await floor.until(450)
    await floor.hand_over()
    await floor.act(number, "resolve", solution="restarted")
    await floor.until(520)
    await floor.hand_over()
    assert await asked(floor) == []


async def asked(story: Story) -> list[dict[str, Any]]:
    return list((await story.call("GET", "handovers?look_through=true"))["handovers"])
