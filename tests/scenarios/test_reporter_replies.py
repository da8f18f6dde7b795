"""A reporter's reply by mail changes a record that is on hold for them, or resolved."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, records, send
from tests.scenarios.test_mail_replies import reply
from tests.support.mails import RUN, post_mail, read_case_mail
from tests.support.story import Story

CLOSES = 48 * 60
"""Minutes after which a resolved record without a reply closes automatically.

The random delay that spreads the closings is not included.
"""


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story in which Tina, of tier 2, works on Ann's report by mail."""
    async with telling(LISTENING) as begun:
        await begun.join("tina", "tier2", "service_desk", email="tina@example.com")
        yield begun


async def reported(story: Story) -> tuple[str, EmailMessage]:
    await send(story, a_mail())
    told = await arrived(story)
    ((record),) = await records(story)
    await story.act(record["number"], "acknowledge", "tina")
    (letter,) = await story.letters(1)
    assert "is assigned" in letter.text
    return record["number"], told


async def answer(
    story: Story,
    told: EmailMessage,
    text: str,
    sender: str = "Ann <ann@example.com>",
    **fields: str,
) -> None:
    number = await story.gateway.pool.fetchval("SELECT count(*) FROM receipt")
    await send(story, reply(told, text, sender, Message_ID=f"<answer-{number}@x>", **fields))


async def state(story: Story, number: str) -> str:
    return str((await story.record(number))["state"])


async def last(story: Story, number: str, count: int = 1) -> list[str]:
    return [event for _, event in (await story.told(number))[-count:]]


async def to_tina(story: Story) -> str:
    (letter,) = await story.letters(1)
    assert letter.to == "tina@example.com"
    return letter.text


async def resolved(story: Story, number: str, solution: str) -> None:
    await story.act(number, "resolve", "tina", solution=solution)
    (letter,) = await story.letters(1)
    assert letter.to == "ann@example.com"


async def asked(story: Story) -> None:
    (letter,) = await story.letters(1)
    assert letter.to == "ann@example.com"
    assert "we need an answer from you" in letter.text


async def reopened(story: Story, number: str) -> None:
    await story.act(number, "refuse", "admin")
    assert "reopened" in await to_tina(story)


async def test_reporter_reply_ends_awaiting_user_hold_and_reaches_handler(story: Story) -> None:
    number, told = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user")
    await asked(story)
    await story.until(30)
    await answer(story, told, "It is laptop 4711.")
    assert await state(story, number) == "in_progress"
    assert await last(story, number, 2) == ["note", "resumed"]
    (facts,) = await story.facts(number, "resumed")
    assert (facts["cause"], facts["was"], facts["state"]) == (
        "reporter_replied",
        "on_hold",
        "in_progress",
    )
    assert "It is laptop 4711." in await to_tina(story)
    await story.act(number, "hold", "tina", reason="awaiting_vendor")
    await answer(story, told, "Any news?")
    assert await last(story, number, 2) == ["note", "reply_shown"]
    assert "Any news?" in await to_tina(story)
    await story.act(number, "resume", "tina")
    await story.act(number, "hold", "tina", reason="user_unreachable")
    await answer(story, told, "I can help: it is laptop 4711.", "Bob <tina@example.com>")
    await answer(story, told, "Your order was sent.", Auto_Submitted="auto-generated")
    assert await state(story, number) == "on_hold"
    await answer(story, told, "I am back.")
    assert await state(story, number) == "in_progress"


@pytest.mark.parametrize(
    "subject", ["Out of office message: the picture you asked for", "Re: help"]
)
async def test_possibly_automatic_reply_keeps_hold_and_is_sent_to_handler(
    story: Story, subject: str
) -> None:
    number, told = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user")
    await asked(story)
    await answer(story, told, "I am on vacation; it is laptop 4711.", Subject=subject)
    assert await state(story, number) == "on_hold"
    assert await last(story, number, 2) == ["note", "reply_unsure"]
    letter = await to_tina(story)
    assert "it is laptop 4711" in letter
    assert "To do: read the reply" in letter


async def test_reply_through_mailing_list_is_shown_and_reopens_nothing(story: Story) -> None:
    number, told = await reported(story)
    await story.act(number, "hold", "tina", reason="awaiting_user")
    await asked(story)
    by_list = {"List_Id": "<desk.example.com>", "Precedence": "list"}
    await answer(story, told, "It is laptop 4711.", **by_list)
    assert await last(story, number, 2) == ["note", "reply_unsure"]
    assert "It is laptop 4711." in await to_tina(story)
    await resolved(story, number, "restarted")
    await answer(story, told, "It still does not work.", **by_list)
    assert await last(story, number, 2) == ["note", "close_put_off"]
    assert "It still does not work." in await to_tina(story)


async def test_reply_that_it_is_not_solved_reopens_incident(story: Story) -> None:
    number, told = await reported(story)
    await resolved(story, number, "restarted")
    await story.until(60)
    await answer(story, told, "谢谢,但是还是打不开")
    record = await story.record(number)
    assert (record["state"], record["reopened"]) == ("in_progress", 1)
    assert await last(story, number, 2) == ["note", "reopened"]
    (facts,) = await story.facts(number, "reopened")
    assert facts["cause"] == "reporter_replied"
    letter = await to_tina(story)
    assert "谢谢,但是还是打不开" in letter
    assert "reopen it" not in letter
    await story.until(60 + 2 * CLOSES)
    assert await state(story, number) == "in_progress"


async def test_thanks_and_replies_of_others_do_not_delay_closing(story: Story) -> None:
    number, told = await reported(story)
    await resolved(story, number, "restarted")
    await story.until(60)
    await answer(story, told, "Thanks, works now!\n\nBest regards,\nAnn")
    tag: Any = told["reply-to"]
    stranger = a_mail(
        "It still does not work.", From="mallory@example.com", To=tag, Message_ID="<m@x>"
    )
    await send(story, stranger, tag, "mallory@example.com")
    await answer(story, told, "It still fails, says our tool.", Auto_Submitted="auto-generated")
    await answer(story, told, "I am out of office, still.", Auto_Submitted="auto-replied")
    await answer(story, told, "It still does not work, Ann says.", "Tina <tina@example.com>")
    assert await last(story, number, 4) == ["note"] * 4
    await story.until(CLOSES + 6)
    assert await state(story, number) == "closed"
    letter, hint = await story.letters(2)
    assert "Your report" in letter.text
    assert (hint.to, "unverified sender" in hint.subject) == ("tina@example.com", True)
    assert story.mailbox.arrived.empty()


async def tina_looks(story: Story, number: str, looking: str) -> None:
    """Let Tina write a note or change the record."""
    if looking == "note":
        await story.act(number, "note", "tina", note="A full disk; told her by telephone.")
    else:
        await story.call("PATCH", f"incidents/{number}", {"location": "B2"}, "tina")


@pytest.mark.parametrize("looking", ["note", "correction"])
async def test_unclear_reply_delays_closing_until_somebody_looks(
    story: Story, looking: str
) -> None:
    number, told = await reported(story)
    await resolved(story, number, "restarted")
    await story.until(60)
    await answer(story, told, "What was the cause?")
    assert await last(story, number, 2) == ["note", "close_put_off"]
    letter = await to_tina(story)
    assert "What was the cause?" in letter
    assert "To do: read the reply: reopen it if it is not solved" in letter
    await story.until(3 * CLOSES)
    assert await state(story, number) == "resolved"
    await answer(story, told, "Thanks, Ann")
    await story.until(4 * CLOSES)
    assert await state(story, number) == "resolved"
    await tina_looks(story, number, looking)
    await story.until(5 * CLOSES - 1)
    assert await state(story, number) == "resolved"
    await story.until(5 * CLOSES + 6)
    assert await state(story, number) == "closed"


QUOTED = "07-quoted-trouble-reopens"
UNLISTED = "Diolch!\n\nDesk desk@example.com ysgrifennodd:\nIt still does not work."


@pytest.mark.parametrize(
    "mail", [read_case_mail(QUOTED, "thanks-163"), read_case_mail(QUOTED, "thanks-danish")]
)
async def test_thanks_above_quoted_complaint_leave_incident_resolved(
    story: Story, mail: bytes
) -> None:
    number = (await post_mail(story, read_case_mail(QUOTED, "new")))["incident"]
    await story.act(number, "resolve", solution="reset")
    assert (await post_mail(story, mail))["outcome"] == "added"
    record = await story.record(number)
    assert (record["state"], record["reopened"]) == ("resolved", 0)
    assert await last(story, number) == ["note"]
    ((said),) = await story.facts(number, "note")
    assert said["note"] in ("谢谢，已经好了！", "Thanks, it works now!")


async def test_reply_with_unclear_quoting_is_kept_whole_and_reopens_nothing(story: Story) -> None:
    number, told = await reported(story)
    await resolved(story, number, "restarted")
    await send(story, a_mail(UNLISTED, In_Reply_To=told["message-id"], Message_ID="<2@x>"))
    assert await state(story, number) == "resolved"
    assert await last(story, number, 2) == ["note", "close_put_off"]
    ((said),) = await story.facts(number, "note")
    assert said["note"] == UNLISTED
    assert "It still does not work." in await to_tina(story)


INSIDE = "17-answers-inside-unmarked-quote"
IN_RED = (
    "回复见下，红色\n\n发件人: Desk <desk@example.com>\n发送时间: 2026年11月29日 10:20\n收件人: "
    "Kim\n主题: x\n\n哪个型号？佳能 X1"
)
EMPTY = (
    "Hi,\n\n-----Original Message-----\nFrom: Desk\nWhich model is "
    "it?\nCanon X1, serial 123 (my answer)"
)


@pytest.mark.parametrize("text", ["", IN_RED, EMPTY])
async def test_answers_inside_quoted_text_are_kept_in_note(story: Story, text: str) -> None:
    number = (await post_mail(story, read_case_mail(INSIDE, "new")))["incident"]
    answers = {
        "In_Reply_To": f"<one{RUN.decode()}@case.example>",
        "From": "kim@case.example",
        "Message_ID": "<2@x>",
    }
    await post_mail(
        story, a_mail(text, **answers).as_bytes() if text else read_case_mail(INSIDE, "answer")
    )
    ((said),) = await story.facts(number, "note")
    assert "X1" in said["note"]


@pytest.mark.parametrize("state", ["on_hold", "resolved"])
async def test_reply_to_security_incident_is_sent_only_to_security_roles(
    story: Story, state: str
) -> None:
    await story.join("sam", "security", email="sam@example.com")
    number, told = await reported(story)
    if state == "on_hold":
        await story.act(number, "hold", "tina", reason="awaiting_user")
    else:
        await resolved(story, number, "restarted")
    await story.call(
        "PATCH", f"incidents/{number}", {"security": True, "title": "an intruder on 4711"}
    )
    await story.letters(3 if state == "on_hold" else 1)
    await answer(story, told, "It still does not work.")
    (letter,) = await story.letters(1)
    assert (letter.to, "an intruder on 4711" in letter.text) == ("sam@example.com", True)
    assert "does not work" not in letter.text
    assert story.mailbox.arrived.empty()
