"""Mail by SMTP, as machines and people send it, and the replies to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, entries, records, send
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


async def test_monitoring_mail_opens_and_clears_alert(story: Story) -> None:
    for number, subject in enumerate(
        ("Problem: disk full", "Problem: disk full", "Resolved in 5m: disk full")
    ):
        mail = a_mail(
            "Host: db-1",
            From="z@zabbix.example.com",
            Subject=subject,
            Message_ID=f"<{number}@z>",
            Auto_Submitted="auto-generated",
        )
        assert (await send(story, mail, sender="")).startswith("2.0.0 taken as ")
    ((record),) = await records(story)
    assert (
        record["title"],
        record["ci"],
        record["source"],
        record["state"],
        record["occurrences"],
    ) == (
        "disk full",
        "db-1",
        "email",
        "resolved",
        2,
    )


async def test_receipt_notes_future_date_of_monitoring_mail(story: Story) -> None:
    ahead = a_mail(
        From="z@zabbix.example.com",
        Subject="Problem: disk full",
        Date="Mon, 2 Mar 2099 12:00:00 +0000",
    )
    receipt = (await send(story, ahead)).removeprefix("2.0.0 taken as ").split()[0]
    ((told),) = (await story.call("GET", f"receipts/{receipt}"))["results"]
    ((mended),) = told["mended"]
    assert (told["outcome"], mended["pointer"]) == ("opened", "/date")
    assert mended["what"].startswith("the time lies ahead of the gateway's clock: read as ")


async def test_mail_of_person_opens_incident_and_is_acknowledged_in_thread(story: Story) -> None:
    mail = a_mail(To="desk@example.com")
    mail.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="报告.pdf")
    await send(story, mail)
    (record,) = await records(story)
    assert (
        record["title"],
        record["contact"],
        record["contact_name"],
        record["source"],
        record["labels"],
    ) == (
        "help",
        "ann@example.com",
        "Ann",
        "email",
        {"language": "en"},
    )
    told = await entries(story, record["number"])
    assert [(one["event"], one["actor"], one["facts"].get("name")) for one in told] == [
        ("opened", "ann@example.com", None),
        ("attached", "ann@example.com", "报告.pdf"),
    ]
    answer = await arrived(story)
    assert (answer["to"], answer["subject"], answer["in-reply-to"]) == (
        "ann@example.com",
        "Re: help",
        "<1@example.com>",
    )
    assert answer["auto-submitted"] == "auto-replied"
    assert record["number"] in answer.get_content()


async def test_attachments_of_repeated_mail_are_stored_once(
    telling: Telling, tmp_path: Path
) -> None:
    place = tmp_path / "files"
    place.mkdir()
    mail = a_mail(Date="Mon, 2 Mar 2026 11:59:00 +0000")
    for number in range(3):
        mail.add_attachment(
            b"GIF89a%d" % number, maintype="image", subtype="gif", filename=f"{number}.gif"
        )
    few = f'[attachments]\nstore = "disk"\npath = "{place}"\nmax_files = 2\n'
    async with telling(LISTENING + few) as story:
        for _ in range(2):
            await send(story, mail)
        (record,) = await records(story)
        told = [
            (one["event"], one["facts"]["name"])
            for one in (await entries(story, record["number"]))[1:]
        ]
    assert told == [("attached", "0.gif"), ("attached", "1.gif"), ("not_attached", "2.gif")]
    assert sorted(file.read_bytes() for file in place.rglob("*") if file.is_file()) == [
        b"GIF89a0",
        b"GIF89a1",
    ]


async def test_chinese_mail_is_answered_in_chinese(story: Story) -> None:
    text = "您好，我的电脑打不开了，请帮忙看一下。".encode("gbk")
    head = (
        b"From: =?GBK?B?1cXI/Q==?= <zhang@example.cn>\r\nSubject: "
        b"=?gb2312?B?tcTE1LTysru/qg==?=\r\nMessage-ID: <z@example.cn>\r\n"
    )
    await send(
        story,
        head
        + b"Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + text
        + b"\r\n",
    )
    (record,) = await records(story)
    assert (record["contact_name"], record["labels"], record["description"]) == (
        "张三",
        {"language": "zh-CN"},
        "您好，我的电脑打不开了，请帮忙看一下。",
    )
    answer = await arrived(story)
    said = answer.get_content()
    assert "请在此行上方回复" in said
    assert f"您的报告已受理，编号：{record['number']}。" in said


async def test_dot_lines_and_very_long_lines_arrive_unchanged(story: Story) -> None:
    text = "." + "x" * 100_000 + "\n..two\n.\n. .\n" + "磁" * 50_000
    head = (
        b"From: ann@example.com\r\nSubject: dots\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    await send(story, head + text.replace("\n", "\r\n").encode())
    (record,) = await records(story)
    assert (
        await story.gateway.pool.fetchval("SELECT body FROM receipt")
        == head + text.replace("\n", "\r\n").encode() + b"\r\n"
    )
    assert record["description"] == text[:32_767] + "…"


async def test_repeated_mail_is_ignored_and_different_mail_with_same_id_is_not(
    story: Story,
) -> None:
    mail = a_mail(Date="Mon, 2 Mar 2026 11:59:00 +0000")
    for _ in range(2):
        await send(story, b"Received: from a by b\r\n" + mail.as_bytes())
    await send(story, mail)
    assert len(await records(story)) == 1
    async with story.gateway.pool.acquire() as conn:
        await conn.execute("DELETE FROM delivery")
    await send(story, mail)
    assert len(await records(story)) == 1
    await send(story, a_mail(Date="Mon, 2 Mar 2026 12:00:00 +0000"))
    await send(story, a_mail(Date="Mon, 2 Mar 2026 11:59:00 +0000", Subject="something else"))
    assert [one["title"] for one in await records(story)] == ["help", "help", "something else"]


async def test_automatic_list_and_excessive_mail_is_not_answered(story: Story) -> None:
    quiet = [
        {"Auto_Submitted": "auto-replied"},
        {"X_Failed_Recipients": "bob@example.com"},
        {"From": "news@example.com"},
    ]
    for number, fields in enumerate(quiet):
        await send(story, a_mail(Message_ID=f"<q{number}@x>", **fields))
    assert await records(story) == []
    unanswered = [
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"List_Id": "<l.example.com>"},
        {"From": "MAILER-DAEMON@x.example"},
        {"Subject": "自动回复: help"},
    ]
    for number, fields in enumerate(unanswered):
        await send(
            story, a_mail(**({"Message_ID": f"<u{number}@x>", "From": "m@example.com"} | fields))
        )
    for number in range(5):
        await send(story, a_mail(Message_ID=f"<p{number}@x>"))
    assert len(await records(story)) == 10
    assert [to for to, _ in await story.mails(2)] == ["ann@example.com"] * 2
    assert (
        await story.gateway.pool.fetchval("SELECT count(*) FROM outbox WHERE template = 'received'")
        == 2
    )


async def test_returned_own_mail_changes_nothing(story: Story) -> None:
    await send(story, a_mail())
    answer = await arrived(story)
    for number in range(20):
        again = a_mail(
            answer.get_content(),
            From=answer["from"],
            X_Loop="gateway@example.com",
            Message_ID=f"<l{number}@x>",
        )
        await send(story, again)
        del answer["x-loop"]
        await send(story, b"Received: again %d\r\n" % number + answer.as_bytes())
    (record,) = await records(story)
    assert [one["event"] for one in await entries(story, record["number"])] == ["opened"]


async def test_mail_rule_sets_service_and_priority_of_report(story: Story) -> None:
    await send(story, a_mail(Subject="[payroll] salaries are not paid"))
    (record,) = await records(story)
    assert (record["service"], record["impact"], record["priority"]) == ("payroll", "company", 3)
    assert record["claimed_urgency"] == "urgent"


async def test_malformed_mail_is_quarantined_and_can_be_replayed(story: Story) -> None:
    assert (await send(story, b"\x00\x01\x02\r\n")).startswith("2.0.0 taken as ")
    (kept,) = (await story.call("GET", "quarantine"))["quarantine"]
    assert (kept["source"], kept["problem"]) == (
        "email",
        "this is no mail: it begins with no header field",
    )
    assert (await story.refused("POST", f"quarantine/{kept['id']}/replay", None))["status"] == 400
    async with story.gateway.pool.acquire() as conn:
        await conn.execute("UPDATE quarantine SET body = $1", a_mail().as_bytes())
    assert (await story.call("POST", f"quarantine/{kept['id']}/replay"))["results"][0][
        "outcome"
    ] == "opened"


async def test_unreadable_mail_is_attached_whole_and_noted(story: Story) -> None:
    sealed = (
        b"From: ann@example.com\r\nSubject: =?utf-8?Q?sealed??=\r\nMessage-ID: "
        b"<%s@x>\r\nContent-Type: application/pkcs7-mime\r\n"
    )
    await send(story, sealed % b"1" + b"\r\nMIIB\r\n")
    ((record),) = await records(story)
    assert (record["title"], record["description"]) == (
        "sealed?",
        "(This mail has words that could not be read: the whole mail is attached as message.eml.)",
    )
    told = await entries(story, record["number"])
    assert [one["facts"].get("name") for one in told[1:]] == ["message.eml", "application-1"]
    await send(story, sealed % b"2" + b"In-Reply-To: <1@x>\r\n\r\nMIIC\r\n")
    note = next(one for one in await entries(story, record["number"]) if one["event"] == "note")
    assert note["facts"]["note"].startswith("(This mail has words that could not be read")


async def test_flood_of_one_stranger_is_set_aside_and_other_mail_is_not(telling: Telling) -> None:
    async with telling(LISTENING.replace("[mail]", "[mail]\nstranger_per_hour = 2", 1)) as story:
        for at in range(4):
            await send(
                story,
                a_mail(
                    f"my printer {at} is broken",
                    Subject=f"printer {at}",
                    Message_ID=f"<f{at}@example.com>",
                ),
            )
        other = a_mail(
            "the coffee machine leaks",
            From="Bob <bob@example.com>",
            Subject="coffee",
            Message_ID="<g@example.com>",
        )
        await send(story, other, sender="bob@example.com")
        assert [one["title"] for one in await records(story)] == [
            "printer 0",
            "printer 1",
            "coffee",
        ]
        aside = (await story.call("GET", "set_aside"))["set_aside"]
        assert sorted((one["subject"], one["reason"]) for one in aside) == [
            ("printer 2", "too_many"),
            ("printer 3", "too_many"),
        ]
