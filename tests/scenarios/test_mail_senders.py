"""Mail as the standard library's own client hands it over, by STARTTLS."""

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.scenarios.conftest import Telling
from tests.support.certificate import make_certificate
from tests.support.story import Story

LISTENING = """
[mail]
max_bytes = 60000
[mail.listener]
host = "127.0.0.1"
port = 0
starttls = true
certificate = "{certificate}"
"""
HEAD = b"From: Ann <ann@example.com>\r\nMessage-ID: <%s@x>\r\nSubject: %s\r\nMIME-Version: 1.0\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    return make_certificate(tmp_path)


@pytest.fixture
async def story(telling: Telling, certificate: tuple[Path, ssl.SSLContext]) -> AsyncIterator[Story]:
    async with telling(LISTENING.format(certificate=certificate[0])) as begun:
        yield begun


def hand_over(port: int, trusting: ssl.SSLContext, to: Sequence[str], mails: Sequence[bytes]) -> list[object]:
    """What becomes of each mail: who was refused, or how all of it was."""
    became: list[object] = []
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.starttls(context=trusting)
        for mail in mails:
            client.ehlo_or_helo_if_needed()
            eight = ["BODY=8BITMIME"] if client.has_extn("8bitmime") and not mail.isascii() else []
            try:
                became.append(client.sendmail("ann@example.com", to, mail, mail_options=eight))
            except smtplib.SMTPSenderRefused as error:
                became.append(error.smtp_code)
            except smtplib.SMTPRecipientsRefused as error:
                became.append({code for code, _ in error.recipients.values()})
    return became


async def handed_over(story: Story, trusting: ssl.SSLContext, to: Sequence[str], *mails: bytes) -> list[object]:
    return await asyncio.to_thread(hand_over, story.gateway.smtp[0][1], trusting, to, mails)


def with_file(html: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"], mail["Message-ID"] = "Ann <ann@example.com>", "页面", "<html@x>"
    mail.set_content(html, subtype="html")
    mail.add_attachment(bytes(range(256)) * 4, maintype="image", subtype="png", filename="截图.png")
    return mail.as_bytes()


async def test_mail_of_every_make_arrives_as_it_was_written(story: Story, certificate: tuple[Path, ssl.SSLContext]) -> None:
    text = b'Content-Type: text/plain; charset="%s"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    mails = (
        HEAD % (b"1", b"plain") + b"\r\nThe disk is full.\r\n..\r\n",
        with_file("<p>The <b>disk</b> is full.</p>"),
        HEAD % (b"3", b"=?gbk?B?tMXFzML6wcs=?=") + text % b"gbk" + "服务器的磁盘满了\r\n".encode("gbk"),
        HEAD % (b"4", b"eight bits") + text % b"utf-8" + "磁盘满了\r\n".encode(),
    )
    assert await handed_over(story, certificate[1], [f"in+{story.keys['ingest']}@gw.example"], *mails) == [{}] * 4
    rows = await story.gateway.pool.fetch("SELECT title, description FROM incident ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("plain", "The disk is full.\n.."),
        ("页面", "The disk is full."),
        ("磁盘满了", "服务器的磁盘满了"),
        ("eight bits", "磁盘满了"),
    ]
    (file,) = await story.gateway.pool.fetch("SELECT name, size FROM attachment")
    assert tuple(file) == ("截图.png", 1_024)


async def test_a_wrong_key_and_too_large_a_mail_are_refused_and_two_recipients_are_two_integrations(
    story: Story, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    right, other, wrong = (f"in+{key}@gw.example" for key in (story.keys["ingest"], story.keys["other"], "gwk_0_wrong"))
    mail = HEAD % (b"1", b"help") + b"\r\nMy disk is full.\r\n"
    assert await handed_over(story, certificate[1], [wrong], mail) == [{550}]
    assert await handed_over(story, certificate[1], [right], mail + b"x" * 60_000) == [552]
    assert await story.gateway.pool.fetchval("SELECT count(*) FROM receipt") == 0
    (refused,) = await handed_over(story, certificate[1], [right, wrong, other], mail)
    assert refused == {wrong: (550, b"5.1.1 there is no such mailbox here")}
    rows = await story.gateway.pool.fetch("SELECT integration_id FROM receipt")
    assert len({row["integration_id"] for row in rows}) == len(rows) == 2
