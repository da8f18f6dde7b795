"""A mail as it was delivered: a message, or the form or JSON of a mail service. Pure.

Fields as in
https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http,
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
and https://postmarkapp.com/developer/webhooks/inbound-webhook. The whole mail is preferred
wherever a service posts it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from gateway.channels.email.parsing import reading
from gateway.channels.email.parsing.authentication import (
    SERVICE,
    AuthenticationCheck,
    AuthenticationResults,
    signed_domains,
)
from gateway.channels.email.parsing.body import MAX_NAME, MAX_TEXT, html_to_text
from gateway.channels.email.parsing.letter import MailFile, ParsedMail
from gateway.errors import Malformed
from gateway.ingest.mime import headers
from gateway.ingest.mime.charsets import clean_text, decode_text
from gateway.ingest.mime.headers import HeaderFields
from gateway.ingest.mime.parts import split_at_boundary
from gateway.ingest.reading import limits
from gateway.ingest.reading.conform import decode_with_repairs
from gateway.ingest.reading.repair import Marks, add_mark, add_marks, list_repairs_of_one_item
from gateway.tokens.key_texts import redact_keys

MAX_FIELDS = 500
SHOWN = ("from", "to", "cc", "subject", "date")
MAX_SIGNED = 4_096
"""The number of bytes that are read of SendGrid's verdicts on signatures."""

MAIL, FORM, MULTIPART, JSON = (
    "message/rfc822",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
)


@dataclass(frozen=True, slots=True)
class DeliveredMail:
    """A mail as it was delivered.

    `kind` is the Content-Type of `body`; `envelope` is the sender in the SMTP envelope, None if
    unknown, `recipients` are its recipients. `servers` are the names of the trusted servers that
    must have delivered it, whose stamps on it count; `by_service` says that the mail service
    certainly did, so that its own checks count; `dmarc` is the result of the service's check of
    the address in From, "" if it made none.
    """

    kind: str
    body: bytes
    envelope: str | None = None
    recipients: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    by_service: bool = False
    dmarc: str = ""


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Limits of the files that are kept: bytes of each, and their number."""

    max_bytes: int = reading.MAX_FILE_BYTES
    max_files: int = reading.MAX_FILES


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form; `filename` is None if it is no file."""

    name: str
    filename: str | None
    content: bytes


def parse_mail(posted: DeliveredMail, kept: FileLimits) -> ParsedMail:
    """Return the parsed mail; raises Malformed and nothing else."""
    letter = _understood(posted, kept)
    if posted.dmarc:
        of_service = AuthenticationResults(
            SERVICE, (AuthenticationCheck("dmarc", posted.dmarc, letter.sender),)
        )
        letter = replace(letter, stamps=(of_service, *letter.stamps))
    letter = replace(letter, subject=redact_keys(letter.subject), text=redact_keys(letter.text))
    return replace(letter, recipients=posted.recipients) if posted.recipients else letter


def _understood(posted: DeliveredMail, kept: FileLimits) -> ParsedMail:
    kind, given = headers.parse_parameters(posted.kind)
    if kind == JSON:
        return _of_postmark(posted, kept)
    if kind == MULTIPART:
        return _of_form(_multipart(posted.body, given.get("boundary", "")), kept)
    if kind == FORM:
        return _of_form(_urlencoded(posted.body), kept)
    return reading.parse_message(
        posted.body, posted.envelope, max_file=kept.max_bytes, max_files=kept.max_files
    )


def form(posted: DeliveredMail) -> dict[str, str]:
    """Return the short fields of a form by name, for signatures; raises Malformed."""
    fields = parse_form_fields(posted.kind, posted.body)
    return {
        field.name: field.content.decode("utf-8", "replace")
        for field in fields
        if len(field.content) <= 1_000
    }


def parse_form_fields(kind: str, body: bytes) -> list[FormField]:
    """Return the fields of a form, whose Content-Type is `kind`; raises Malformed."""
    media, given = headers.parse_parameters(kind)
    return _multipart(body, given.get("boundary", "")) if media == MULTIPART else _urlencoded(body)


def _multipart(body: bytes, boundary: str) -> list[FormField]:
    """Return the fields of a multipart form (RFC 7578)."""
    fields = []
    for piece in split_at_boundary(body, boundary.encode("utf-8", "replace"), MAX_FIELDS):
        head, content = headers.split_head(piece)
        _, given = headers.parse_parameters(head.raw("content-disposition"))
        fields.append(FormField(given.get("name", ""), given.get("filename"), content))
    if not fields:
        raise limits.build_malformed("", "the form has no fields")
    return fields


def _urlencoded(body: bytes) -> list[FormField]:
    try:
        pairs = parse_qsl(
            body.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise limits.build_malformed("", f"the form cannot be read: {error}") from error
    return [FormField(name, None, value.encode("latin-1")) for name, value in pairs]


def _of_form(fields: list[FormField], kept: FileLimits) -> ParsedMail:
    """Return the mail in a form of Mailgun or SendGrid.

    The service is recognised by the fields, so that a form in quarantine can be read again.
    """
    said = {field.name: field.content for field in fields if field.filename is None}
    marks: Marks = {}
    whole = said.get("body-mime") or said.get("email")
    envelope = _envelope(said, marks)
    signed = signed_domains(decode_text(said.get("dkim", b"")[:MAX_SIGNED]))
    stamps = (AuthenticationResults(SERVICE, signed),) if signed else ()
    if whole:
        letter = reading.parse_message(
            whole, envelope, max_file=kept.max_bytes, max_files=kept.max_files
        )
        read = replace(letter, mended=(*list_repairs_of_one_item(marks), *letter.mended))
        return replace(read, recipients=_recipients(said), stamps=(*stamps, *read.stamps))
    files = [
        MailFile(name=_name(one), size=len(one.content), content=one.content)
        for one in fields
        if one.filename is not None
    ]
    if "headers" in said:
        charsets = _json(said, "charsets", dict[str, str], marks) or {}
        text, html = (
            _words(said, name, marks, charsets.get(name, "")) for name in ("text", "html")
        )
        head, _ = headers.split_head(said["headers"].strip() + b"\r\n\r\n", top=True)
    elif "message-headers" in said or "from" in said:
        text, html = (_words(said, name, marks) for name in ("body-plain", "body-html"))
        pairs = _json(said, "message-headers", list[tuple[str, str]], marks) or []
        head = _fields(
            [*pairs, *((name, _words(said, name, marks)) for name in SHOWN if name in said)]
        )
    else:
        raise limits.build_malformed("", "the form is none that a known mail service posts")
    words = _text(text, html)
    enclosed = _kept(files, kept)
    letter = reading.parse_header(head, envelope, marks, text=words, enclosed=enclosed)
    return replace(letter, recipients=_recipients(said), stamps=(*stamps, *letter.stamps))


def _words(said: Mapping[str, bytes], name: str, marks: Marks, charset: str = "") -> str:
    """Return the text of a field, "" if there is none, noting bytes outside its charset."""
    data = said.get(name, b"")
    if b"\0" in data and not charset:
        add_mark(marks, (name,), "NUL characters were left out")
    if not charset and not _is_utf8(data):
        add_mark(
            marks, (name,), "bytes that are no UTF-8 were read in the charset that they look like"
        )
    return decode_text(data, charset)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _envelope(said: Mapping[str, bytes], marks: Marks) -> str | None:
    told = (_json(said, "envelope", dict[str, Any], marks) or {}).get("from")
    if isinstance(told, str):
        return told
    return decode_text(said["sender"]) if "sender" in said else None


def _recipients(said: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the recipients: SendGrid has them in its envelope, Mailgun in a field of their own."""
    return headers.parse_addresses(
        decode_text(said.get("envelope", b"")).replace('"', " ")
        + " "
        + decode_text(said.get("recipient", b""))
    )


class PostmarkHeader(msgspec.Struct, rename="pascal"):
    """A header in Postmark's format."""

    name: str
    value: str


class PostmarkFile(msgspec.Struct, rename="pascal"):
    """A file in Postmark's format."""

    name: str = ""
    content: str = ""


class PostmarkMessage(msgspec.Struct, rename="pascal"):
    """A message in Postmark's format."""

    from_: str = msgspec.field(name="From", default="")
    to: str = ""
    cc: str = ""
    reply_to: str = ""
    subject: str = ""
    date: str = ""
    text_body: str = ""
    html_body: str = ""
    raw_email: str = ""
    original_recipient: str = ""
    headers: list[PostmarkHeader] = []
    attachments: list[PostmarkFile] = []


def _of_postmark(posted: DeliveredMail, kept: FileLimits) -> ParsedMail:
    _, given = headers.parse_parameters(posted.kind)
    mail, marks = decode_with_repairs(posted.body, PostmarkMessage, given.get("charset", ""))
    if mail.raw_email:
        raw = mail.raw_email.encode("utf-8", "replace")
        letter = reading.parse_message(
            raw, posted.envelope, max_file=kept.max_bytes, max_files=kept.max_files
        )
        return replace(
            letter,
            recipients=(mail.original_recipient,),
            mended=(*list_repairs_of_one_item(marks), *letter.mended),
        )
    if not (mail.from_ or mail.headers):
        raise limits.build_malformed(
            "/From", "this is no message of Postmark's: it has neither From nor Headers"
        )
    own = (
        ("from", mail.from_),
        ("to", mail.to),
        ("cc", mail.cc),
        ("reply-to", mail.reply_to),
        ("subject", mail.subject),
        ("date", mail.date),
    )
    head = _fields([*((name.name, name.value) for name in mail.headers), *own])
    files = [_file(one) for one in mail.attachments]
    said = _text(mail.text_body, mail.html_body)
    recipients = (mail.original_recipient,)
    return reading.parse_header(
        head, posted.envelope, marks, text=said, enclosed=_kept(files, kept), recipients=recipients
    )


def _file(one: PostmarkFile) -> MailFile:
    content = headers.decode_base64(one.content.encode("ascii", "ignore"))
    return MailFile(
        name=limits.cut(clean_text(one.name), MAX_NAME) or "file",
        size=len(content),
        content=content,
    )


def _name(one: FormField) -> str:
    return limits.cut(clean_text(one.filename or ""), MAX_NAME) or one.name or "file"


def _kept(files: Iterable[MailFile], kept: FileLimits) -> tuple[MailFile, ...]:
    return tuple(
        one
        if place < kept.max_files and one.size <= kept.max_bytes
        else MailFile(name=one.name, size=one.size, content=None)
        for place, one in enumerate(files)
    )


def _text(text: str, html: str) -> str:
    return limits.cut(clean_text(text).strip() or html_to_text(html).strip(), MAX_TEXT)


def _fields(pairs: Iterable[tuple[str, str]]) -> HeaderFields:
    some = [pair for pair, _ in zip(pairs, range(headers.MAX_FIELDS), strict=False)]
    return HeaderFields(
        tuple(
            (name.lower(), value.encode("utf-8", "replace")[: headers.MAX_VALUE])
            for name, value in some
            if value
        )
    )


def _json(said: Mapping[str, bytes], name: str, kind: Any, marks: Marks) -> Any:
    """Return a field of the form that is JSON, None if there is none or it cannot be read."""
    if name not in said:
        return None
    try:
        found, done = decode_with_repairs(said[name], kind)
    except Malformed as error:
        add_mark(marks, (name,), f"left out: {error.detail}")
        return None
    add_marks(marks, (name,), done)
    return found
