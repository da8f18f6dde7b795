"""Sample mails as mail programs write them."""

from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.parsing.reading import parse_message


def a_mail(
    text: str = "the disk is full",
    *,
    sender: str = "ann@example.com",
    subject: str = "help",
    **fields: str,
) -> bytes:
    """Return a mail as a current mail program writes it; field names have _ for -."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"] = sender, subject
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def head(**fields: str) -> bytes:
    given = {"From": "ann@example.com", "Subject": "help"} | {
        name.replace("_", "-"): value for name, value in fields.items()
    }
    return "".join(f"{name}: {value}\r\n" for name, value in given.items()).encode() + b"\r\n"


def encoded(text: str, charset: str) -> str:
    """Return the text as encoded words (RFC 2047), as the standard library writes them."""
    return Header(text, charset).encode()


def said(body: bytes, **fields: str) -> ParsedMail:
    return parse_message(head(**fields) + body)


def a_letter(**fields: Any) -> ParsedMail:
    return ParsedMail(
        **({"sender": "ann@example.com", "subject": "help", "message_id": "1@example.com"} | fields)
    )
