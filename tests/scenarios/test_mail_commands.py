"""Staff act on a record by the first line of a reply to its message."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import arrived, entries, send
from tests.scenarios.test_mail_replies import reply
from tests.scenarios.test_mail_senders import AUTHENTICATING
from tests.support.story import Story

OLGA = "Olga <olga@corp.example>"
TRUE = "mx.corp.example; dmarc=pass header.from=corp.example"


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(AUTHENTICATING) as begun:
        for login in ("olga", "tom"):
            await begun.join(login, "tier2", email=f"{login}@corp.example")
        await begun.call(
            "POST", "groups", {"slug": "sre", "name": "sre", "tier": "tier2", "members": ["olga"]}
        )
        yield begun


async def told(story: Story) -> tuple[str, EmailMessage]:
    """Give a record to Olga's group; return its number and the message that tells her."""
    number = await story.report()
    await story.act(number, "assign", group="sre")
    mail = await arrived(story)
    assert mail["to"] == "olga@corp.example"
    return number, mail


async def answer(
    story: Story, mail: EmailMessage, text: str, key: str = "a", stamp: str = TRUE
) -> EmailMessage:
    """Reply as Olga, and return the mail that answers her."""
    fields = {"Message_ID": f"<{key}@corp.example>", "Authentication_Results": stamp}
    await send(story, reply(mail, text, OLGA, **fields))
    return await arrived(story)


@pytest.mark.parametrize(
    ("text", "said"),
    [("ack", "Done: you have"), ("接手", "Done: you have"), ("accept: on it", "Done: you have")],
)
async def test_reply_takes_the_record_in_the_name_of_its_writer(
    story: Story, text: str, said: str
) -> None:
    number, mail = await told(story)
    back = await answer(story, mail, text)
    assert said in back.get_content()
    assert back["in-reply-to"] == "<a@corp.example>"
    record = await story.record(number)
    assert (record["state"], record["handler"]) == ("in_progress", "olga")
    entry = next(one for one in await entries(story, number) if one["event"] == "accepted")
    assert (entry["actor"], entry["facts"]["via"]) == ("olga", "mail")


async def test_reply_declines_notes_and_resolves(story: Story) -> None:
    number, mail = await told(story)
    await send(
        story,
        reply(mail, "接不了：在火车上", OLGA, Message_ID="<d@x>", Authentication_Results=TRUE),
    )
    texts = [(await arrived(story)).get_content()]
    assert any("Noted: the next are called" in text for text in texts)
    assert "noted" not in (await answer(story, mail, "note: looking", "n")).get_content()
    done = await answer(story, mail, "resolve: restarted", "r")
    assert f"Done: {number} is resolved." in done.get_content()
    record = await story.record(number)
    assert (record["state"], record["solution"]) == ("resolved", "restarted")
    events = [one["event"] for one in await entries(story, number)]
    assert [one for one in events if one in {"declined", "note", "resolved"}] == [
        "declined",
        "note",
        "resolved",
    ]


async def test_stale_reply_is_refused_with_an_answer_and_kept_as_note(story: Story) -> None:
    number, mail = await told(story)
    await story.until(1)
    await story.act(number, "accept", "tom")
    back = await answer(story, mail, "ack")
    assert f"Nothing was done: tom took {number}" in back.get_content()
    assert "kept as a note" in back.get_content()
    assert (await story.record(number))["handler"] == "tom"
    assert (await entries(story, number))[-1]["facts"]["note"] == "ack"


async def test_reply_to_a_message_before_a_reopening_resolves_nothing(story: Story) -> None:
    number, mail = await told(story)
    await story.until(1)
    await story.act(number, "accept", "olga")
    await story.act(number, "resolve", "olga", solution="x", resolution="solved")
    await story.until(2)
    await story.act(number, "refuse", note="still down")
    while "reopened" not in (reopened := await arrived(story))["subject"]:
        pass
    back = await answer(story, mail, "resolve: restarted")
    assert "was opened again" in back.get_content()
    assert (await story.record(number))["state"] == "in_progress"
    await answer(story, reopened, "resolve: replaced", "b")
    assert (await story.record(number))["solution"] == "replaced"


async def test_unknown_reply_is_a_note_and_answered_with_help_once(story: Story) -> None:
    number, mail = await told(story)
    back = await answer(story, mail, "Will look after lunch.")
    assert "decline: WHY" in back.get_content()
    fields = {"Message_ID": "<b@corp.example>", "Authentication_Results": TRUE}
    await send(story, reply(mail, "Still busy.", OLGA, **fields))
    notes = [one["facts"]["note"] for one in await entries(story, number) if one["event"] == "note"]
    assert notes == ["Will look after lunch.", "Still busy."]
    helped = "SELECT count(*) FROM outbox WHERE cause = 'mail_help'"
    assert await story.gateway.pool.fetchval(helped) == 1


async def test_unverified_reply_acts_on_nothing(story: Story) -> None:
    number, mail = await told(story)
    forged = "mx.corp.example; dmarc=fail header.from=corp.example"
    for key, stamp in (
        ("a", "mx.evil.example; dmarc=pass header.from=corp.example"),
        ("b", forged),
    ):
        fields = {"Message_ID": f"<{key}@x>", "Authentication_Results": stamp}
        await send(story, reply(mail, "ack", OLGA, **fields))
    record = await story.record(number)
    assert (record["state"], record["handler"]) == ("assigned", "")


async def test_reply_without_the_right_is_answered_with_the_reason(story: Story) -> None:
    number, mail = await told(story)
    await story.act(number, "return", note="not ours")
    back = await answer(story, mail, "ack")
    assert "your roles do not let you" in back.get_content()
    assert (await story.record(number))["handler"] == ""
