"""Replies by mail are matched to the record that they are about."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, entries, records, send
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


def reply(to: EmailMessage, text: str, sender: str, **fields: str) -> EmailMessage:
    """Return a reply to a mail of the gateway, as a mail program writes it."""
    told = to.get_content()
    quoted = "".join(f"> {line}\n" for line in told.splitlines())
    return a_mail(
        f"{text}\n\nOn Mon, 2 Mar 2026 at 20:00, Desk <desk@example.com> wrote:\n{quoted}",
        **(
            {
                "From": sender,
                "Subject": f"Re: {to['subject']}",
                "In-Reply-To": to["message-id"],
                "To": to["reply-to"],
            }
            | fields
        ),
    )


async def test_replies_of_participants_are_added_with_files_and_not_answered(story: Story) -> None:
    await send(story, a_mail(Cc="bob@example.com"))
    back = reply(
        await arrived(story), "Now it is worse.", "ann@example.com", Message_ID="<2@example.com>"
    )
    back.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="screen.gif")
    await send(story, back)
    await send(
        story,
        a_mail(
            "Me too.", From="bob@example.com", In_Reply_To="<1@example.com>", Message_ID="<3@x>"
        ),
    )
    (record,) = await records(story)
    told = await entries(story, record["number"])
    assert [
        (one["event"], one["actor"], one["facts"].get("note") or one["facts"].get("name"))
        for one in told[1:]
    ] == [
        ("note", "ann@example.com", "Now it is worse."),
        ("attached", "ann@example.com", "screen.gif"),
        ("note", "bob@example.com", "Me too."),
    ]
    assert (
        await story.gateway.pool.fetchval("SELECT count(*) FROM outbox WHERE template = 'received'")
        == 1
    )


async def test_subject_number_or_foreign_reference_does_not_match_incident(story: Story) -> None:
    await send(story, a_mail())
    (record,) = await records(story)
    answer = await arrived(story)
    forged = answer["reply-to"].replace("-", "-a", 1)
    await send(
        story,
        a_mail(
            From="eve@evil.example", Subject=f"Re: [{record['number']}] help", Message_ID="<e1@x>"
        ),
    )
    await send(
        story, a_mail(From="eve@evil.example", In_Reply_To="<1@example.com>", Message_ID="<e2@x>")
    )
    await send(
        story,
        a_mail(
            From="eve@evil.example",
            In_Reply_To="<incident-1@example.com>",
            To=forged,
            Message_ID="<e3@x>",
        ),
    )
    assert [one["contact"] for one in await records(story)] == [
        "ann@example.com",
        *["eve@evil.example"] * 3,
    ]
    assert [one["event"] for one in await entries(story, record["number"])] == ["opened"]


async def test_reply_tag_matches_incident_from_address_or_text(story: Story) -> None:
    await send(story, a_mail())
    answer = await arrived(story)
    tag = answer["reply-to"].partition("+")[2].partition("@")[0]
    await send(
        story,
        a_mail("By the envelope.", From="ann@home.example", Message_ID="<h1@x>"),
        to=answer["reply-to"].upper(),
    )
    await send(
        story,
        a_mail(
            "Again.", From="ann@home.example", To=answer["reply-to"].upper(), Message_ID="<h2@x>"
        ),
    )
    await send(
        story,
        a_mail(
            f"And again.\n\n在 2026年3月2日，Desk 写道：\n> [{tag}]",
            From="x@home.example",
            Message_ID="<h3@x>",
        ),
    )
    first = (await records(story))[0]["number"]
    assert [one["facts"].get("note") for one in await entries(story, first)] == [
        None,
        "By the envelope.",
        "Again.",
        "And again.",
    ]


async def test_reply_to_closed_incident_opens_follow_on(story: Story) -> None:
    await send(story, a_mail())
    answer = await arrived(story)
    (record,) = await records(story)
    await story.act(
        record["number"], "resolve", resolution="solved", category="x", solution="rebooted"
    )
    await story.act(record["number"], "close")
    await send(story, reply(answer, "It is back.", "ann@example.com", Message_ID="<2@x>"))
    first, second = await records(story)
    assert (await entries(story, second["number"]))[0]["facts"]["follows"] == first["number"]
    assert (await entries(story, first["number"]))[-1]["event"] == "followed_on"


async def test_follow_on_of_reply_to_closed_incident_keeps_handler(story: Story) -> None:
    await story.join("tina", "tier2", "service_desk", email="tina@example.com")
    await send(story, a_mail())
    answer = await arrived(story)
    ((record),) = await records(story)
    await story.act(record["number"], "acknowledge", "tina")
    await story.act(
        record["number"], "resolve", "tina", resolution="solved", category="x", solution="rebooted"
    )
    await story.act(record["number"], "close")
    await send(story, reply(answer, "It is back.", "ann@example.com", Message_ID="<2@x>"))
    _, second = await records(story)
    assert (second["handler"], second["state"], second["contact"]) == (
        "tina",
        "logged",
        "ann@example.com",
    )


async def test_follow_on_of_reply_to_closed_security_incident_is_flagged(story: Story) -> None:
    await send(story, a_mail())
    answer = await arrived(story)
    ((record),) = await records(story)
    await story.call("PATCH", f"incidents/{record['number']}", {"security": True})
    await story.act(
        record["number"], "resolve", resolution="solved", category="x", solution="rebooted"
    )
    await story.act(record["number"], "close")
    await send(story, reply(answer, "It is back.", "ann@example.com", Message_ID="<2@x>"))
    _, second = await records(story)
    assert second["security"] is True
