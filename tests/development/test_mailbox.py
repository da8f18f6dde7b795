"""The mail server of `gw dev`: what is sent to it is a file and a line, and nothing is lost."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from gateway.development.mailbox import (
    HOST,
    MailboxHandler,
    MailFolder,
    describe_mail,
    keeping_mail,
    with_mailbox,
)
from gateway.errors import Misconfigured
from gateway.network.ports import reserve_port
from gateway.settings import load

OWN = "http://127.0.0.1:8080"


def written(subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "gateway@localhost", "ann@example.com"
    mail.set_content(text)
    return mail


class Server:
    """A running mail server with its folder and the lines that it printed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.said: list[str] = []
        self.folder, self.port = folder / "mail", port
        self.handler = MailboxHandler(MailFolder(self.folder), OWN, self.said.append)

    async def send(self, mail: EmailMessage, *to: str) -> None:
        await aiosmtplib.send(
            mail, recipients=list(to), hostname=HOST, port=self.port, start_tls=False
        )


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    with reserve_port(HOST, 0) as port:
        one = Server(tmp_path, port)
        async with keeping_mail(one.handler, port):
            yield one


async def test_mail_becomes_a_private_file_and_a_line(server: Server) -> None:
    link = f"{OWN}/r/{'x' * 120}"
    text = f"To do: accept it\nhttps://elsewhere.example/a\n{link}\n{OWN}/r/second\n"
    await server.send(written("磁盘已满", text), "ann@example.com", "bob@example.com")
    assert server.said == [f"mail to ann@example.com, bob@example.com: 磁盘已满  {link}"]
    [file] = server.folder.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("000001.eml", 0o600)
    assert server.folder.stat().st_mode & 0o777 == 0o700
    assert b"To: ann@example.com" in file.read_bytes()


async def test_mail_to_an_address_in_other_letters_is_kept(server: Server) -> None:
    await server.send(written("a", "b"), "安@example.com")
    assert server.said == ["mail to 安@example.com: a"]


async def test_mails_are_numbered_on_after_a_restart(server: Server) -> None:
    (server.folder / "000041.eml").touch()
    (server.folder / "notes.eml").touch()
    await server.send(written("a", "b"), "ann@example.com")
    await server.send(written("c", "d"), "ann@example.com")
    names = sorted(one.name for one in server.folder.iterdir())
    assert names == ["000041.eml", "000042.eml", "000043.eml", "notes.eml"]


async def test_mail_that_cannot_be_kept_is_refused_for_now(server: Server) -> None:
    server.folder.rmdir()
    server.folder.touch()
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await server.send(written("a", "b"), "ann@example.com")
    assert refused.value.code == 451
    assert server.said == []


async def test_port_in_use_is_named(server: Server) -> None:
    with pytest.raises(Misconfigured, match=f"port {server.port} on {HOST} is in use"):
        async with keeping_mail(server.handler, server.port):
            pass


def test_line_holds_no_control_characters_of_a_subject() -> None:
    raw = b"Subject: =?utf-8?q?a=1B[31mb=0Ac?=\n\ntext"
    line = describe_mail(raw, ["ann@example.com"], OWN)
    assert line.isprintable()
    assert "a [31mb c" in line


@pytest.mark.parametrize(
    "raw",
    [b"", b"no mail", b"Content-Type: text/plain; charset=none\n\n\xff", b"\xff: \xff\n\n\xff"],
)
def test_any_bytes_have_a_line(raw: bytes) -> None:
    assert describe_mail(raw, ["ann@example.com"], OWN).startswith("mail to ann@example.com: ")


def test_mailbox_is_the_relay_of_the_settings() -> None:
    smtp = with_mailbox(load(None, {}), 2525).notify.smtp
    assert (smtp.host, smtp.port, smtp.starttls, smtp.username) == (HOST, 2525, False, "")
