"""Whoever is on call is notified, and the timeline says where nobody is."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

RULES = """
[[escalation.management]]
priorities = [1]
on = ["opened"]
notify = ["stand_by"]
"""


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(RULES, recipients='stand_by = ["schedule:web"]') as told:
        for login in ("ann", "bob"):
            await told.join(login, "tier2", email=f"{login}@example.com")
        layer = {
            "name": "days",
            "starts_on": "2026-03-01",
            "unit": "days",
            "hand_over": "13:00",
            "turns": [["ann"], ["bob"]],
            "ends_on": "2026-03-03",
        }
        await told.call("POST", "schedules", {"slug": "web", "name": "Web", "layers": [layer]})
        yield told


async def opened(story: Story) -> str:
    return await story.report(impact="business", urgency="urgent")


async def test_message_goes_to_who_is_on_call_when_it_is_made(story: Story) -> None:
    await opened(story)
    assert [to for to, _ in await story.mails(1)] == ["ann@example.com"]
    await story.until(61)
    await opened(story)
    assert [to for to, _ in await story.mails(1)] == ["bob@example.com"]
    override = {"to": "2026-03-02T20:00:00Z", "people": ["ann"], "replaces": "bob"}
    await story.call("POST", "schedules/web/overrides", override)
    await opened(story)
    assert sorted(to for to, _ in await story.mails(3)) == [
        "ann@example.com",
        "ann@example.com",
        "bob@example.com",
    ]


async def test_timeline_says_that_nobody_is_on_call(story: Story) -> None:
    assert await story.status("DELETE", "schedules/web", "admin") == 204
    (told,) = await story.facts(await opened(story), "management_told")
    assert (told["nobody_on_call"], told["unreachable"]) == (["web"], ["stand_by"])
