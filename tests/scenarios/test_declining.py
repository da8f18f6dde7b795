"""People decline what they cannot take, and give back what they took."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.test_notified_people import PEOPLE, told
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling("") as made:
        for login, role in {**PEOPLE, "una": "tier2"}.items():
            await made.join(login, role, email=f"{login}@example.com")
        for slug, tier, members in (
            ("desk", "desk", ["dora"]),
            ("sre", "tier2", ["olga", "tom"]),
            ("solo", "tier2", ["una"]),
        ):
            await made.call(
                "POST", "groups", {"slug": slug, "name": slug, "tier": tier, "members": members}
            )
        yield made


async def test_decline_tells_the_others_of_the_group_at_once(story: Story) -> None:
    number = await story.report()
    await story.act(number, "assign", group="sre")
    assert await told(story, 2) == [("olga", "assigned"), ("tom", "assigned")]
    await story.act(number, "decline", "olga", reason="on a train")
    assert await told(story, 1) == [("tom", "declined, nobody has it")]
    again = await story.act(number, "decline", "olga")
    assert (again["state"], again["handler"]) == ("assigned", "")
    assert await told(story, 0) == []


async def test_decline_by_handler_gives_record_back_to_group(story: Story) -> None:
    number = await story.report()
    await story.act(number, "assign", group="sre", person="olga")
    await story.act(number, "accept", "olga")
    assert await told(story, 1) == [("olga", "assigned")]
    after = await story.act(number, "decline", "olga", reason="too much")
    assert (after["state"], after["handler"], after["assignee"]) == ("assigned", "", "")
    assert after["assignee_group"] == "sre"
    assert await told(story, 1) == [("tom", "declined, nobody has it")]


async def test_desk_is_told_when_everybody_of_the_group_declined(story: Story) -> None:
    number = await story.report()
    await story.act(number, "assign", group="solo")
    assert await told(story, 1) == [("una", "assigned")]
    await story.act(number, "decline", "una")
    assert await told(story, 1) == [("dora", "declined, nobody has it")]


async def test_released_record_is_told_to_the_group_again(story: Story) -> None:
    number = await story.report()
    await story.act(number, "assign", group="sre")
    await story.act(number, "accept", "olga")
    assert await told(story, 2) == [("olga", "assigned"), ("tom", "assigned")]
    after = await story.act(number, "release", "olga")
    assert (after["state"], after["handler"], after["assignee"]) == ("assigned", "", "")
    assert after["responded_at"] is None
    assert await told(story, 1) == [("tom", "given back, nobody has it")]
