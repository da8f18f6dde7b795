"""A reporter's note by page or key changes a record that is on hold for them, or resolved."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

WAYS = pytest.mark.parametrize("way", ["page", "key"])


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story in which Tina (tier 2) works on Ann's report; Ann has a key and a page."""
    async with telling() as begun:
        await begun.join("tina", "tier2", "service_desk", email="tina@example.com")
        await begun.join("ann", "reporter", email="ann@example.com")
        yield begun


async def reported(story: Story) -> str:
    number = await story.report("laptop broken", "ann")
    await story.act(number, "acknowledge", "tina")
    return number


async def note(story: Story, number: str, way: str, text: str) -> None:
    if way == "key":
        await story.act(number, "note", "ann", note=text)
        return
    path = (await story.call("POST", f"incidents/{number}/invite", {}, "tina"))[
        "path"
    ].removeprefix("/api/v1/")
    await story.call("POST", f"{path}/note", {"note": text})


async def send_file(story: Story, number: str, way: str, name: str) -> None:
    path = f"/api/v1/incidents/{number}"
    if way == "page":
        path = (await story.call("POST", f"incidents/{number}/invite", {}, "tina"))["path"]
    answer = await story.client.post(
        f"{path}/attachments?name={name}",
        data=b"it looks like this",
        headers=story.as_key("ann") if way == "key" else {},
    )
    assert answer.status == 201


async def last(story: Story, number: str, count: int = 1) -> list[str]:
    return [event for _, event in (await story.told(number))[-count:]]


async def to_tina(story: Story) -> str:
    while True:
        (letter,) = await story.letters(1)
        if letter.to == "tina@example.com":
            return letter.text


@WAYS
async def test_reporter_note_ends_hold_and_reaches_handler(story: Story, way: str) -> None:
    number = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user", note="which one?")
    await note(story, number, way, "It is laptop 4711.")
    assert await last(story, number, 2) == ["note", "resumed"]
    assert "It is laptop 4711." in await to_tina(story)


@WAYS
async def test_note_to_open_incident_is_sent_to_handler(story: Story, way: str) -> None:
    number = await story.report("laptop broken", "ann")
    await note(story, number, way, "It beeps.")
    assert await last(story, number) == ["note"]
    await story.act(number, "acknowledge", "tina")
    await note(story, number, way, "Thank you!")
    assert await last(story, number) == ["note"]
    await note(story, number, way, "The whole floor is down now.")
    assert await last(story, number, 2) == ["note", "reply_shown"]
    assert "The whole floor is down now." in await to_tina(story)


@WAYS
async def test_note_that_it_is_not_solved_reopens_incident(story: Story, way: str) -> None:
    number = await reported(story)
    await story.act(number, "resolve", "tina", solution="restarted")
    await note(story, number, way, "Thanks, it works")
    assert await last(story, number) == ["note"]
    await note(story, number, way, "It still does not work.")
    assert await last(story, number, 2) == ["note", "reopened"]
    assert (await story.record(number))["reopened"] == 1
    assert "It still does not work." in await to_tina(story)


@WAYS
async def test_question_after_solution_delays_closing(story: Story, way: str) -> None:
    number = await reported(story)
    await story.act(number, "resolve", "tina", solution="restarted")
    await note(story, number, way, "What was the cause?")
    assert await last(story, number, 2) == ["note", "close_put_off"]
    assert "What was the cause?" in await to_tina(story)


@WAYS
async def test_file_ends_hold_and_file_after_solution_delays_closing(
    story: Story, way: str
) -> None:
    number = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user", note="a picture, please")
    await send_file(story, number, way, "first.txt")
    assert await last(story, number, 2) == ["attached", "resumed"]
    assert "first.txt" in await to_tina(story)
    await story.act(number, "resolve", "tina", solution="restarted")
    await send_file(story, number, way, "second.txt")
    assert await last(story, number, 2) == ["attached", "close_put_off"]
    assert "second.txt" in await to_tina(story)


async def test_staff_note_does_not_end_hold(story: Story) -> None:
    number = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user", note="which one?")
    await story.act(number, "note", "tina", note="It still does not work, Ann says.")
    assert await last(story, number) == ["note"]
