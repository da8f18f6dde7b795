"""Mail in by SMTP, as machines and people send it, and what comes back."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from tests.scenarios.conftest import Telling
from tests.support.certificate import make_certificate
from tests.support.story import Story

LISTENING = """
[mail]
reply_to = "desk@example.com"
acknowledgements_per_hour = 2
[mail.listener]
host = "127.0.0.1"
port = 0
sessions_per_address = 3
mailboxes = { "alerts@example.com" = "ours" }
[[mail.rules]]
name = "zabbix"
senders = ["*@zabbix.example.com"]
subjects = ["Problem: {title}"]
cleared = ["Resolved in *: {title}"]
lines = ["Host: {ci}"]
key = "{ci}/{title}"
[[mail.rules]]
name = "news"
make = "ignore"
senders = ["news@example.com"]
[[mail.rules]]
name = "payroll"
make = "report"
subjects = ["[payroll] *"]
service = "payroll"
impact = "company"
urgency = "urgent"
"""


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


def a_mail(text: str = "My disk is full.", **fields: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    given = {"From": "Ann <ann@example.com>", "Subject": "help", "Message-ID": "<1@example.com>"}
    for name, value in (
        given | {name.replace("_", "-"): value for name, value in fields.items()}
    ).items():
        mail[name] = value
    mail.set_content(text)
    return mail


async def send(
    story: Story, mail: EmailMessage | bytes, to: str = "", sender: str = "ann@example.com"
) -> str:
    """By SMTP to an address with the key of an integration, or another one; gives the answer."""
    host, port = story.gateway.smtp[0][:2]
    client = aiosmtplib.SMTP(hostname=host, port=port, start_tls=False)
    content = mail if isinstance(mail, bytes) else mail.as_bytes()
    async with client:
        options = [] if sender.isascii() else ["SMTPUTF8"]
        _, answer = await client.sendmail(
            sender, [to or f"in+{story.keys['ingest']}@gw.example"], content, mail_options=options
        )
    return answer


async def records(story: Story) -> list[Any]:
    listed: list[Any] = (await story.call("GET", "incidents"))["incidents"]
    return sorted(listed, key=lambda one: str(one["number"]))


async def entries(story: Story, number: str) -> list[Any]:
    found: list[Any] = (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
    return found


async def arrived(story: Story) -> EmailMessage:
    return await asyncio.wait_for(story.mailbox.arrived.get(), 10)


def reply(to: EmailMessage, text: str, sender: str, **fields: str) -> EmailMessage:
    """An answer to a mail of ours as a mail program writes it."""
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
    assert (record["title"], record["ci"], record["source"], record["state"], record["occurrences"]) == (
        "disk full", "db-1", "email", "resolved", 2,
    )  # fmt: skip


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
    assert (record["title"], record["contact"], record["contact_name"], record["source"], record["labels"]) == (
        "help", "ann@example.com", "Ann", "email", {"language": "en"},
    )  # fmt: skip
    told = await entries(story, record["number"])
    assert [(one["event"], one["actor"], one["facts"].get("name")) for one in told] == [
        ("opened", "ann@example.com", None), ("attached", "ann@example.com", "报告.pdf"),
    ]  # fmt: skip
    answer = await arrived(story)
    assert (answer["to"], answer["subject"], answer["in-reply-to"]) == (
        "ann@example.com",
        "Re: help",
        "<1@example.com>",
    )
    assert answer["auto-submitted"] == "auto-replied"
    assert record["number"] in answer.get_content()


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
    assert [(one["event"], one["actor"], one["facts"].get("note") or one["facts"].get("name")) for one in told[1:]] == [
        ("note", "ann@example.com", "Now it is worse."), ("attached", "ann@example.com", "screen.gif"),
        ("note", "bob@example.com", "Me too."),
    ]  # fmt: skip
    assert (
        await story.gateway.pool.fetchval("SELECT count(*) FROM outbox WHERE template = 'received'")
        == 1
    )


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
    head = b"From: =?GBK?B?1cXI/Q==?= <zhang@example.cn>\r\nSubject: =?gb2312?B?tcTE1LTysru/qg==?=\r\nMessage-ID: <z@example.cn>\r\n"
    await send(
        story,
        head
        + b"Content-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + text
        + b"\r\n",
    )
    (record,) = await records(story)
    assert (record["contact_name"], record["labels"], record["description"]) == (
        "张三", {"language": "zh-CN"}, "您好，我的电脑打不开了，请帮忙看一下。",
    )  # fmt: skip
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
        None, "By the envelope.", "Again.", "And again.",
    ]  # fmt: skip


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


async def test_unknown_recipient_is_refused_and_configured_mailbox_needs_no_key(
    story: Story,
) -> None:
    for address in (
        "desk@other.example",
        "in+gwk_wrong@example.com",
        f"in+{story.keys['read']}@gw.example",
    ):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(story, a_mail(), to=address)
        assert refused.value.recipients[0].code == 550
    assert (await send(story, a_mail(), to="Alerts@Example.com")).startswith("2.0.0")
    assert (await send(story, a_mail(Message_ID="<2@x>"), to="alerts+disk@example.com")).startswith(
        "2.0.0"
    )
    assert len(await records(story)) == 2


async def test_unconfigured_mailbox_gets_temporary_refusal(story: Story) -> None:
    for address in ("desk@example.com", "Alert@Example.com", "desk+r1-aaaa@example.com"):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(story, a_mail(), to=address)
        assert refused.value.recipients[0].code == 451


async def test_configured_mailbox_creates_its_integration(telling: Telling) -> None:
    async with telling(LISTENING.replace('= "ours"', '= "not-made-yet"')) as story:
        for number in range(2):
            assert (
                await send(story, a_mail(Message_ID=f"<{number}@x>"), to="alerts@example.com")
            ).startswith("2.0.0")
        query = "SELECT DISTINCT g.slug, g.name FROM receipt r JOIN integration g ON g.id = r.integration_id"
        assert [tuple(row) for row in await story.gateway.pool.fetch(query)] == [
            ("not-made-yet", "not-made-yet")
        ]


async def test_internationalised_sender_address_is_accepted_and_answered(story: Story) -> None:
    mail = "From: 用户 <用户@mail.example>\r\nSubject: 打印机坏了\r\nMessage-ID: <u@x>\r\n\r\n请修理\r\n".encode()
    assert (
        await send(story, mail, to="alerts@example.com", sender="用户@mail.example")
    ).startswith("2.0.0")
    ((record),) = await records(story)
    assert record["contact"] == "用户@mail.example"
    assert (await arrived(story))["to"] == "用户@mail.example"


async def test_oversized_mail_and_excess_sessions_are_refused(telling: Telling) -> None:
    async with telling(LISTENING.replace("[mail]", "[mail]\nmax_bytes = 20000", 1)) as story:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await send(story, a_mail("x" * 70 + "\n" + "y\n" * 30_000))
        assert refused.value.code == 552
        port = story.gateway.smtp[0][1]
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        greetings = [(await reader.readline())[:3] for reader, _ in held]
        assert greetings == [b"220", b"220", b"220", b"421"]
        for _, writer in held:
            writer.close()
            await writer.wait_closed()


async def test_idle_client_and_address_guesser_are_disconnected(telling: Telling) -> None:
    async with telling(
        LISTENING.replace("[mail.listener]", '[mail.listener]\nidle_within = "1s"')
    ) as story:
        port = story.gateway.smtp[0][1]
        silent, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await silent.read()).startswith(b"220 ")
        writer.close()
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            await client.ehlo()
            await client.mail("ann@example.com")
            codes: list[int] = []
            while len(codes) < 20:
                with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
                    await client.rcpt(f"in+{len(codes)}@gw.example")
                codes.append(refused.value.code)
        assert codes == [550] * 19 + [421]


async def test_client_input_is_not_logged(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", story.gateway.smtp[0][1])
    writer.write(b"EVIL \x1b[31m\r\nQUIT\r\n")
    assert [line[:3] for line in (await reader.read()).splitlines()] == [b"220", b"500", b"221"]
    writer.close()
    assert [record for record in caplog.records if record.name == "mail.log"] == []


async def test_mail_beyond_memory_budget_is_refused_temporarily(story: Story) -> None:
    places = story.gateway.mail.places
    places.hold(places.most_bytes - 50_000)
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await send(story, a_mail("x\n" * 40_000))
    assert refused.value.code == 452
    raw = await story.client.post(
        "/ingest/email/raw", data=b"x" * 60_000, headers=story.as_key("ingest")
    )
    assert raw.status == 503
    assert (await send(story, a_mail())).startswith("2.0.0")
    assert places.held == places.most_bytes - 50_000


async def test_failed_commit_returns_temporary_error(telling: Telling) -> None:
    async with telling(LISTENING) as story:
        await send(story, a_mail(Message_ID="<0@x>"))
        await story.gateway.pool.execute("ALTER TABLE mail RENAME TO away")
        try:
            with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
                await send(story, a_mail(Message_ID="<9@x>"))
            assert refused.value.code == 451
        finally:
            await story.gateway.pool.execute("ALTER TABLE away RENAME TO mail")
        assert (await send(story, a_mail(Message_ID="<9@x>"))).startswith("2.0.0")
        assert len(await records(story)) == 2


async def test_starttls_is_required_when_enabled(telling: Telling, tmp_path: Path) -> None:
    file, trusting = make_certificate(tmp_path)
    asked = f'certificate = "{file}"\nstarttls = true\n'
    async with telling(
        LISTENING.replace("[mail.listener]\n", "[mail.listener]\n" + asked)
    ) as story:
        host, port = story.gateway.smtp[0][:2]
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await send(story, a_mail())
        assert refused.value.code == 530
        async with aiosmtplib.SMTP(
            hostname=host, port=port, start_tls=True, tls_context=trusting
        ) as client:
            await client.sendmail(
                "ann@example.com", [f"in+{story.keys['ingest']}@gw.example"], a_mail().as_bytes()
            )
        assert len(await records(story)) == 1


async def test_unreadable_mail_is_attached_whole_and_noted(story: Story) -> None:
    sealed = b"From: ann@example.com\r\nSubject: =?utf-8?Q?sealed??=\r\nMessage-ID: <%s@x>\r\nContent-Type: application/pkcs7-mime\r\n"
    await send(story, sealed % b"1" + b"\r\nMIIB\r\n")
    ((record),) = await records(story)
    assert (record["title"], record["description"]) == (
        "sealed?", "(This mail has words that could not be read: the whole mail is attached as message.eml.)",
    )  # fmt: skip
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
