"""Every mail to a reporter says what to do next, and its link opens without a key."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, records, send
from tests.scenarios.test_mail_replies import reply
from tests.support.story import ArrivedMail, Story

PUBLIC = '[server]\nexternal_url = "https://gw.example"\n'
CLOSES = 48 * 60 + 6


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story in which Tina works on Ann's reports."""
    async with telling(LISTENING + PUBLIC) as begun:
        await begun.join("tina", "tier2", "service_desk", email="tina@example.com")
        yield begun


async def reported(story: Story) -> str:
    await send(story, a_mail())
    await opens(story, (await arrived(story)).get_content())
    ((record),) = await records(story)
    number = str(record["number"])
    await story.act(number, "acknowledge", "tina")
    assigned = await to_ann(story)
    assert f"Your report {number} is assigned" in assigned.text
    await opens(story, assigned.text)
    return number


async def opens(story: Story, text: str) -> str:
    """Return the page behind the link of a mail, read without a key."""
    assert "/api/" not in text
    (path,) = re.findall(r"https://gw\.example(/my/\S+)", text)
    answer = await story.client.get(path)
    assert answer.status == 200
    return await answer.text()


async def to_ann(story: Story) -> ArrivedMail:
    while True:
        (letter,) = await story.letters(1)
        if letter.to == "ann@example.com":
            return letter


async def test_reporter_is_sent_question_solution_and_closing(story: Story) -> None:
    number = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user", note="Which disk?")
    asked = await to_ann(story)
    assert "Our question:\nWhich disk?" in asked.text
    await opens(story, asked.text)
    await story.act(number, "resume", "tina")
    await story.act(number, "resolve", "tina", solution="A larger disk.")
    told = await to_ann(story)
    assert "Solution:\nA larger disk." in told.text
    assert "it closes by itself in 48 hours: 2026-03-04 12:0" in told.text
    assert "A larger disk." in await opens(story, told.text)
    await story.until(CLOSES)
    ended = await to_ann(story)
    assert "We had no answer from you after it was resolved." in ended.text
    await opens(story, ended.text)
    assert story.mailbox.arrived.empty()


async def test_assignment_is_notified_to_reporter_once(story: Story) -> None:
    await story.hire("mail", "tina")
    await send(story, a_mail())
    await arrived(story)
    ((record),) = await records(story)
    number = str(record["number"])
    for action in ("assign", "accept", "return", "assign"):
        await story.act(
            number, action, "tina", **({"group": "mail"} if action == "assign" else {"note": "x"})
        )
    asked = (
        "SELECT count(*) FROM outbox WHERE template = 'taken_up' AND recipient = 'ann@example.com'"
    )
    assert await story.gateway.pool.fetchval(asked) == 1


async def test_rejection_letter_states_reason(story: Story) -> None:
    number = await reported(story)
    await story.act(number, "reject", "tina", note="Private laptops are not ours.")
    told = await to_ann(story)
    assert "Reason:\nPrivate laptops are not ours." in told.text
    await opens(story, told.text)


async def test_reporter_is_not_notified_of_own_confirmation(story: Story) -> None:
    number = await reported(story)
    await story.act(number, "resolve", "tina", solution="A larger disk.")
    page = re.findall(r"https://gw\.example(/my/\S+)", (await to_ann(story)).text)[0]
    answer = await story.client.post(f"{page}/confirm", data={"satisfaction": "3"})
    assert answer.status == 200
    assert (await story.record(number))["state"] == "closed"
    await story.until(CLOSES)
    assert story.mailbox.arrived.empty()


async def test_flagged_incident_letter_has_no_link_or_content(
    story: Story,
) -> None:
    number = await reported(story)
    await story.call("PATCH", f"incidents/{number}", {"security": True}, "admin")
    await story.act(number, "resolve", "admin", solution="secret words")
    told = await to_ann(story)
    assert number in told.text
    assert "secret" not in told.text
    assert "https://" not in told.text


async def test_reporter_is_not_notified_of_own_reopening(story: Story) -> None:
    await send(story, a_mail())
    told = await arrived(story)
    ((record),) = await records(story)
    await story.act(record["number"], "acknowledge", "tina")
    await story.act(record["number"], "resolve", "tina", solution="A larger disk.")
    await story.letters(2)
    await send(
        story, reply(told, "It still does not work.", "Ann <ann@example.com>", Message_ID="<2@x>")
    )
    assert (await story.record(record["number"]))["state"] == "in_progress"
    (letter,) = await story.letters(1)
    assert letter.to == "tina@example.com"


async def test_staff_letter_uses_own_time_zone_and_links_to_incident(
    story: Story,
) -> None:
    await story.call("PATCH", "people/tina", {"zone": "Asia/Shanghai"}, "admin")
    number = await reported(story)
    await story.call("PATCH", f"incidents/{number}", {"service": "mail"}, "admin")
    await story.until(200)
    told = [one for one in await story.letters(1) if one.to == "tina@example.com"]
    assert told
    assert "Asia/Shanghai" in told[0].text
    (path,) = re.findall(r"https://gw\.example(/r/\S+)", told[0].text)
    answer = await story.client.get(path)
    assert answer.status == 200
    assert number in await answer.text()
