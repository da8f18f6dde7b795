"""Mail that was probably written by a program is set aside, without loss.

People see the headers that gave the reason.
"""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, entries, records, send
from tests.support.mails import post_mail, read_case_mail
from tests.support.story import Story

REPORTS = "05-report-about-out-of-office"


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


async def waiting(story: Story, key: str = "admin", query: str = "") -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await story.call("GET", f"set_aside{query}", key=key))[
        "set_aside"
    ]
    return found


@pytest.mark.parametrize("name", ["mail", "mail-zh", "mail-postmaster"])
async def test_report_about_automatic_replies_opens_incident_unanswered(
    story: Story, name: str
) -> None:
    assert (await post_mail(story, read_case_mail(REPORTS, name)))["outcome"] == "opened"
    assert len(await records(story)) == 1
    assert await story.gateway.pool.fetchval("SELECT count(*) FROM outbox") == 0


BOUNCE = b"""\
From: System <system@corp.example>\r\nTo: desk@example.com\r\nSubject: %s\r\n\
Message-ID: <q1@corp.example>\r\n\r\n
Hi. This is the qmail-send program.\r\n"""


@pytest.mark.parametrize("subject", [b"failure notice", "系统退信".encode(), b"Your parcel"])
async def test_null_sender_mail_is_set_aside_by_smtp_and_api_unanswered(
    story: Story, subject: bytes
) -> None:
    bounce = BOUNCE % subject
    assert (await send(story, bounce, sender="")).startswith("2.0.0")
    raw = b"Return-Path: <>\r\n" + bounce.replace(b"<q1@", b"<q2@")
    assert (await post_mail(story, raw))["outcome"] == "set_aside"
    assert await records(story) == []
    assert [(one["reason"], one["sender"]) for one in await waiting(story)] == [
        ("bounce", "system@corp.example")
    ] * 2
    assert await story.gateway.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_set_aside_mail_opens_one_incident_and_is_not_answered(story: Story) -> None:
    text = "I am away.\nThe printer burns."
    await send(
        story, a_mail(text, Auto_Submitted="auto-replied", Subject="Away", To="desk@example.com")
    )
    (kept,) = await waiting(story)
    assert (kept["reason"], kept["subject"], kept["text"], kept["state"]) == (
        "auto_reply",
        "Away",
        text,
        "waiting",
    )
    assert (
        "Auto-Submitted: auto-replied"
        in (await story.call("GET", f"set_aside/{kept['id']}"))["body"]
    )
    opened = await story.call("POST", f"set_aside/{kept['id']}/open")
    again = await story.call("POST", f"set_aside/{kept['id']}/open")
    ((record),) = await records(story)
    assert (record["title"], record["contact"], record["description"]) == (
        "Away",
        "ann@example.com",
        text,
    )
    assert (opened["incident"], opened["outcome"], again["incident"]) == (
        record["number"],
        "opened",
        record["number"],
    )
    (first,) = await entries(story, record["number"])
    assert (first["facts"]["set_aside"], first["facts"]["opened_by"]) == (kept["id"], "admin")
    assert await waiting(story) == []
    ((done),) = await waiting(story, query="?state=opened")
    assert (done["incident"], done["opened_by"]) == (record["number"], "admin")
    assert (
        await story.gateway.pool.fetchval("SELECT count(*) FROM outbox WHERE template = 'received'")
        == 0
    )


async def test_set_aside_mail_is_paged_and_needs_permission(story: Story) -> None:
    await story.join("dora", "service_desk")
    await story.join("tom", "tier2")
    for number in range(3):
        away = a_mail(
            Auto_Submitted="auto-replied", Message_ID=f"<{number}@x>", Subject=f"away {number}"
        )
        await send(story, away)
    page = await story.call("GET", "set_aside?limit=2", key="dora")
    rest = await story.call("GET", f"set_aside?limit=2&before={page['next']}", key="read")
    assert [one["subject"] for one in (*page["set_aside"], *rest["set_aside"])] == [
        "away 2",
        "away 1",
        "away 0",
    ]
    assert rest["next"] is None
    assert await waiting(story, query="?reason=bounce") == []
    entry = page["set_aside"][0]["id"]
    assert await story.status("GET", "set_aside", "tom") == 403
    assert await story.status("GET", f"set_aside/{entry}", "tom") == 403
    assert await story.status("POST", f"set_aside/{entry}/open", "tom") == 403
    assert await story.status("POST", f"set_aside/{entry}/open", "read") == 403
    assert await story.status("GET", "set_aside/999", "dora") == 404
    assert await story.status("POST", "set_aside/999/open", "dora") == 404
    assert await story.status("POST", f"set_aside/{entry}/open", "dora") == 200


async def test_set_aside_reply_to_security_incident_is_hidden_without_permission(
    story: Story,
) -> None:
    await story.join("dora", "service_desk")
    await send(story, a_mail())
    told = await arrived(story)
    ((record),) = await records(story)
    away = a_mail(In_Reply_To=told["message-id"], Auto_Submitted="auto-replied", Message_ID="<2@x>")
    await send(story, away)
    ((kept),) = await waiting(story, "dora")
    assert kept["answers"] == record["number"]
    await story.call("PATCH", f"incidents/{record['number']}", {"security": True})
    assert await waiting(story, "dora") == []
    assert await story.status("GET", f"set_aside/{kept['id']}", "dora") == 404
    assert await story.status("POST", f"set_aside/{kept['id']}/open", "dora") == 404
    assert len(await waiting(story)) == 1


async def test_automatic_reply_without_headers_reopens_nothing_and_is_set_aside(
    story: Story,
) -> None:
    await send(story, a_mail())
    told = await arrived(story)
    ((record),) = await records(story)
    away = {"In_Reply_To": told["message-id"], "Subject": "自动回复: help"}
    await story.act(
        record["number"], "resolve", resolution="solved", category="x", solution="rebooted"
    )
    await arrived(story)
    await send(story, a_mail("It still does not work.", Message_ID="<2@x>", **away))
    assert (await story.record(record["number"]))["state"] == "resolved"
    notes = [
        one["facts"]["note"]
        for one in await entries(story, record["number"])
        if one["event"] == "note"
    ]
    assert notes == ["It still does not work."]
    await story.act(record["number"], "close")
    await send(story, a_mail("I am away.", Message_ID="<3@x>", **away))
    stray = {"In_Reply_To": "<unknown@x>", "Subject": "Out of office: your mail"}
    await send(story, a_mail("I am away.", Message_ID="<4@x>", **stray))
    assert len(await records(story)) == 1
    assert [one["reason"] for one in await waiting(story)] == ["likely_auto_reply"] * 2
    assert (
        await story.gateway.pool.fetchval("SELECT count(*) FROM outbox WHERE template = 'received'")
        == 1
    )


async def test_opening_set_aside_reply_adds_note_to_open_incident(story: Story) -> None:
    await send(story, a_mail())
    told = await arrived(story)
    await send(
        story,
        a_mail(
            "Laptop 4711.",
            In_Reply_To=told["message-id"],
            Auto_Submitted="auto-replied",
            Message_ID="<2@x>",
        ),
    )
    ((kept),) = await waiting(story)
    done = await story.call("POST", f"set_aside/{kept['id']}/open")
    assert (done["outcome"], done["incident"]) == ("added", kept["answers"])
    ((record),) = await records(story)
    assert (await entries(story, record["number"]))[-1]["facts"]["note"] == "Laptop 4711."
