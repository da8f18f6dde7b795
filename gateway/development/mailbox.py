"""The mail server of `gw dev`: it keeps each mail as a file and prints one line about it."""

import asyncio
import email
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import msgspec
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.network.ports import translate_port_errors
from gateway.settings import Settings

HOST = "127.0.0.1"
FOLDER = "mail"

LINK = re.compile(r"https?://[^\s<>\"]+")
"""An address of the web in a text."""

log = structlog.get_logger()


def with_mailbox(settings: Settings, port: int) -> Settings:
    """Return the settings with the mail server on this port of this machine as the relay."""
    smtp = msgspec.structs.replace(
        settings.notify.smtp, host=HOST, port=port, username="", password="", starttls=False
    )
    return msgspec.structs.replace(
        settings, notify=msgspec.structs.replace(settings.notify, smtp=smtp)
    )


@dataclass(frozen=True, slots=True)
class MailFolder:
    """A folder of mails, numbered from 1 in the order they came; only this user may read it."""

    path: Path

    def keep(self, content: bytes) -> Path:
        """Write a mail into a new file, whole or not at all, and return its path."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        numbers = (int(one.stem) for one in self.path.glob("*.eml") if one.stem.isdecimal())
        file = self.path / f"{max(numbers, default=0) + 1:06}.eml"
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        return draft.replace(file)


def describe_mail(content: bytes, recipients: Sequence[str], external_url: str) -> str:
    """Return recipients, subject and first link to `external_url` of a mail as one line."""
    mail = email.message_from_bytes(content, policy=default)
    links = (link for link in LINK.findall(_text(mail)) if link.startswith(f"{external_url}/"))
    parts = [f"mail to {', '.join(recipients)}: {_subject(mail)}", next(links, "")]
    line = "  ".join(part for part in parts if part)
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _subject(mail: EmailMessage) -> str:
    try:
        return str(mail["Subject"] or "")
    except (MessageError, ValueError, IndexError):
        return ""


def _text(mail: EmailMessage) -> str:
    try:
        body = mail.get_body(("plain", "html"))
        return str(body.get_content()) if body else ""
    except (MessageError, LookupError, ValueError):
        return ""


# aiosmtpd reads every member of the handler. With slots that fails in Python 3.11.2, Debian 12's.
@dataclass
class MailboxHandler:
    """The handler of SMTP commands, with methods named as aiosmtpd calls them.

    `say` prints the line about a mail.
    """

    folder: MailFolder
    external_url: str
    say: Callable[[str], object]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        """Keep the mail, print its line, and return the SMTP reply."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.folder.keep(content)
        self.say(describe_mail(content, envelope.rcpt_tos, self.external_url))
        return "250 2.0.0 kept"

    async def handle_exception(self, error: Exception) -> str:
        """Return a temporary refusal, after which the gateway sends the mail again."""
        log.error("mail_not_kept", exc_info=error)
        return "451 4.3.0 not kept: see the log of the mail server"


@asynccontextmanager
async def keeping_mail(handler: MailboxHandler, port: int) -> AsyncIterator[None]:
    """Keep what is sent to this port of this machine."""
    handler.folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    make = partial(SMTP, handler, enable_SMTPUTF8=True)
    with translate_port_errors(HOST, port):
        server = await asyncio.get_running_loop().create_server(make, HOST, port)
    try:
        yield
    finally:
        server.close()
