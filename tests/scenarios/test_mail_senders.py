"""The sender of a mail is verified before the mail acts in their name.

Verified are staff whose address is authenticated, and reporters who were sent a mail.
"""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, entries, records, send
from tests.scenarios.test_mail_replies import reply
from tests.support.story import Story

AUTHENTICATING = LISTENING + '\n[mail.authentication]\nservers = ["mx.corp.example"]\n'
TRUE = "mx.corp.example; dmarc=pass header.from=corp.example"
DORA = "Dora <dora@corp.example>"


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story with Dora at the desk and Ivan as incident manager."""
    async with telling(AUTHENTICATING) as begun:
        await begun.join("dora", "service_desk", email="dora@corp.example")
        await begun.join("ivan", "incident_manager", email="ivan@corp.example")
        yield begun


async def reported(story: Story) -> tuple[str, EmailMessage]:
    """Let Ann report by mail; return the number and the mail that confirms it."""
    await send(story, a_mail())
    told = await arrived(story)
    ((record),) = await records(story)
    return str(record["number"]), told


async def note(story: Story, number: str) -> Any:
    return (await entries(story, number))[-1]


async def sent(story: Story) -> int:
    found: int = await story.gateway.pool.fetchval(
        "SELECT count(*) FROM outbox WHERE cause = 'mail_unverified'"
    )
    return found


async def test_authenticated_staff_mail_is_recorded_under_login(story: Story) -> None:
    number, told = await reported(story)
    fields = {"Authentication_Results": TRUE, "Message_ID": "<2@x>"}
    await send(story, reply(told, "Looked at it.", DORA, **fields))
    found = await note(story, number)
    assert (found["event"], found["actor"]) == ("note", "dora")
    assert "sender" not in found["facts"]
    assert await sent(story) == 0


@pytest.mark.parametrize(
    ("stamp", "marked"),
    [
        ("", "unverified"),
        ("mx.evil.example; dmarc=pass header.from=corp.example", "unverified"),
        ("mx.corp.example; dkim=pass header.d=evil.example", "unverified"),
        ("mx.corp.example; dmarc=fail header.from=corp.example", "failed_authentication"),
    ],
)
async def test_unauthenticated_staff_mail_becomes_note_of_unverified_sender(
    story: Story, stamp: str, marked: str
) -> None:
    number, told = await reported(story)
    fields = {"Message_ID": "<2@x>"} | ({"Authentication_Results": stamp} if stamp else {})
    await send(story, reply(told, "Approved by me.", DORA, **fields))
    found = await note(story, number)
    assert (found["event"], found["actor"], found["facts"]["sender"]) == (
        "note",
        "dora@corp.example",
        marked,
    )
    assert found["facts"]["note"] == "Approved by me."


async def test_staff_are_notified_once_of_unverified_mail_in_their_name(story: Story) -> None:
    number, told = await reported(story)
    for place in range(3):
        await send(story, reply(told, "Approved by me.", DORA, Message_ID=f"<{place}@x>"))
    hint = await arrived(story)
    assert hint["to"] == "dora@corp.example"
    assert "mail.authentication" in hint.get_content()
    assert await sent(story) == 1
    assert [one["event"] for one in await entries(story, number)][-3:] == ["note"] * 3


FORGED = {
    "two authors": {"From": f"{DORA}, eve@evil.example"},
    "a group": {"From": "Desk: dora@corp.example, eve@evil.example;"},
    "an address as the name": {"From": '"dora@corp.example" <eve@evil.example>'},
    "an encoded address as the name": {
        "From": "=?utf-8?q?dora=40corp=2Eexample?= <eve@evil.example>"
    },
    "a tag": {"From": "dora+desk@corp.example"},
    "only Reply-To": {"From": "eve@evil.example", "Reply_To": DORA},
    "only Sender": {"From": "eve@evil.example", "Sender": DORA},
    "only Resent-From": {"From": "eve@evil.example", "Resent_From": DORA},
    "a name nobody reads, and Reply-To": {"From": "noreply@corp.example", "Reply_To": DORA},
}


@pytest.mark.parametrize("case", FORGED)
async def test_forged_sender_spelling_does_not_act_as_staff(story: Story, case: str) -> None:
    number, told = await reported(story)
    fields = {
        "Authentication_Results": TRUE.replace("corp.example", "evil.example").replace(
            "mx.evil", "mx.corp"
        )
    }
    mail = reply(told, "Approved by me.", "x", **(fields | {"Message_ID": "<2@x>"} | FORGED[case]))
    await send(story, mail)
    for record in await records(story):
        assert "dora" not in [one["actor"] for one in await entries(story, record["number"])]
    assert (await story.record(number))["state"] == "logged"


@pytest.mark.parametrize(
    "sender", [b"dora@corp.example\0", b"\0dora@corp.example", b"Dora\0 <dora@corp.example>"]
)
async def test_sender_with_nul_character_does_not_act_as_staff(story: Story, sender: bytes) -> None:
    number, told = await reported(story)
    head = (
        b"From: "
        + sender
        + b"\r\nSubject: x\r\nMessage-ID: <2@x>\r\nTo: "
        + str(told["reply-to"]).encode()
        + b"\r\n"
    )
    await send(story, head + b"\r\nApproved by me.\r\n")
    assert "dora" not in [one["actor"] for one in await entries(story, number)]


async def test_unlisted_relay_cannot_vouch_for_sender(telling: Telling) -> None:
    elsewhere = AUTHENTICATING + 'relays = ["192.0.2.0/24"]\n'
    async with telling(elsewhere) as story:
        await story.join("dora", "service_desk", email="dora@corp.example")
        number, told = await reported(story)
        await send(
            story, reply(told, "Approved.", DORA, Message_ID="<2@x>", Authentication_Results=TRUE)
        )
        assert (await note(story, number))["actor"] == "dora@corp.example"


@pytest.mark.parametrize(("posted", "actor"), [("false", "dora@corp.example"), ("true", "dora")])
async def test_key_vouches_for_sender_only_if_configured(
    telling: Telling, posted: str, actor: str
) -> None:
    async with telling(AUTHENTICATING + f"posted = {posted}\n") as story:
        await story.join("dora", "service_desk", email="dora@corp.example")
        number, told = await reported(story)
        mail = reply(
            told, "Approved.", DORA, Message_ID="<2@x>", Authentication_Results=TRUE
        ).as_bytes()
        answer = await story.client.post(
            "/ingest/email/raw", data=mail, headers=story.as_key("ingest")
        )
        assert (answer.status, (await note(story, number))["actor"]) == (202, actor)


RESOLVED = {"resolution": "solved", "category": "x", "solution": "rebooted"}


async def a_resolved_record(story: Story) -> tuple[str, EmailMessage]:
    number, told = await reported(story)
    await story.act(number, "resolve", **RESOLVED)
    await arrived(story)
    return number, told


async def test_message_id_of_mail_sent_to_contact_verifies_contact(story: Story) -> None:
    number, told = await a_resolved_record(story)
    await send(
        story,
        reply(
            told,
            "It is still not solved.",
            "ann@example.com",
            To="desk@example.com",
            Message_ID="<2@x>",
        ),
    )
    assert (await story.record(number))["state"] == "in_progress"


@pytest.mark.parametrize("stamp", ["", "mx.corp.example; dmarc=fail header.from=example.com"])
async def test_guessable_message_id_adds_note_but_changes_no_state(
    story: Story, stamp: str
) -> None:
    number, _ = await a_resolved_record(story)
    fields = {"From": "ann@example.com", "In_Reply_To": "<1@example.com>", "Message_ID": "<2@x>"}
    fields |= {"Authentication_Results": stamp} if stamp else {}
    await send(story, a_mail("It is still not solved.", **fields))
    found = next(one for one in await entries(story, number) if one["event"] == "note")
    assert found["facts"]["sender"] == ("failed_authentication" if stamp else "unverified")
    assert (await story.record(number))["state"] == "resolved"


@pytest.mark.parametrize(
    ("fields", "says"), [({"In_Reply_To": "<1@example.com>"}, True), ({}, False)]
)
async def test_handler_notification_tells_if_sender_is_unverified(
    story: Story, fields: dict[str, str], *, says: bool
) -> None:
    number, told = await reported(story)
    await story.join("tina", "tier2", "service_desk", email="tina@example.com")
    await story.act(number, "acknowledge", "tina")
    await arrived(story)
    proof = fields or {"To": told["reply-to"]}
    await send(
        story,
        a_mail("It is the disk on floor 3.", From="ann@example.com", Message_ID="<2@x>", **proof),
    )
    shown = await arrived(story)
    assert shown["to"] == "tina@example.com"
    assert "It is the disk on floor 3." in shown.get_content()
    assert ("Sender: not verified" in shown.get_content()) is says


@pytest.mark.parametrize("sender", ["ann@example.com", "bob@example.com"])
async def test_unguessable_message_id_verifies_its_participants(story: Story, sender: str) -> None:
    guess = "<CAF9x2q7Lk3bZt0@mail.example>"
    await send(story, a_mail(Message_ID=guess, Cc="carl@example.com"))
    await arrived(story)
    ((record),) = await records(story)
    await story.act(record["number"], "resolve", **RESOLVED)
    await send(
        story, a_mail("It is still not solved.", From=sender, In_Reply_To=guess, Message_ID="<2@x>")
    )
    expected = "in_progress" if sender == "ann@example.com" else "resolved"
    assert (await story.record(record["number"]))["state"] == expected


async def test_authenticated_contact_with_own_message_id_reopens_incident(story: Story) -> None:
    number, _ = await a_resolved_record(story)
    stamp = "mx.corp.example; dkim=pass header.d=example.com"
    fields = {
        "From": "ann@example.com",
        "In_Reply_To": "<1@example.com>",
        "Authentication_Results": stamp,
    }
    await send(story, a_mail("It is still not solved.", Message_ID="<2@x>", **fields))
    assert (await story.record(number))["state"] == "in_progress"


async def test_contact_failing_authentication_changes_no_state_despite_tag(story: Story) -> None:
    number, told = await a_resolved_record(story)
    stamp = "mx.corp.example; dmarc=fail header.from=example.com"
    mail = reply(
        told,
        "It is still not solved.",
        "ann@example.com",
        Message_ID="<2@x>",
        Authentication_Results=stamp,
    )
    await send(story, mail)
    assert (await story.record(number))["state"] == "resolved"


async def test_message_id_of_mail_sent_to_somebody_else_verifies_nothing(story: Story) -> None:
    number, told = await a_resolved_record(story)
    await story.gateway.pool.execute(
        "UPDATE outbox SET recipient = 'bob@example.com', reached = '' WHERE channel = 'smtp'"
    )
    thread = str(told["message-id"])
    mail = a_mail(
        "It is still not solved.", From="ann@example.com", In_Reply_To=thread, Message_ID="<2@x>"
    )
    await send(story, mail)
    assert (await story.record(number))["state"] == "resolved"


@pytest.mark.parametrize(("stamp", "added"), [("", False), (TRUE, True)])
async def test_only_authenticated_staff_add_to_security_incident_without_mail_proof(
    story: Story,
    stamp: str,
    added: bool,
) -> None:
    number, _ = await reported(story)
    await story.call("PATCH", f"incidents/{number}", {"security": True})
    fields = {"In_Reply_To": "<1@example.com>", "Message_ID": "<2@x>"} | (
        {"Authentication_Results": stamp} if stamp else {}
    )
    await send(story, a_mail("Approved.", From="Ivan <ivan@corp.example>", **fields))
    written = [one["actor"] for one in await entries(story, number) if one["event"] == "note"]
    assert written == (["ivan"] if added else [])
