"""The parser of mails, from the bytes of a message to a Letter. Pure.

It raises Malformed and nothing else, whatever the input.
"""

import codecs

from gateway.channels.email.parsing.authentication import parse_authentication_results
from gateway.channels.email.parsing.body import find_files, is_unread, text_of
from gateway.channels.email.parsing.letter import MailFile, ParsedMail
from gateway.channels.email.parsing.nature import has_null_sender, is_by_list, writer_kind
from gateway.errors import Malformed
from gateway.ingest.mime import headers
from gateway.ingest.mime.headers import HeaderFields
from gateway.ingest.mime.parts import parse_mail
from gateway.ingest.reading.limits import TITLE, cut
from gateway.ingest.reading.repair import Marks, add_mark, list_repairs_of_one_item
from gateway.tokens.key_texts import redact_body_keys

WHOLE = "message.eml"
"""The file name of the whole mail where it is attached."""

NOTHING: Marks = {}
"""An empty set of repairs."""

MAX_FILE_BYTES, MAX_FILES = 10_485_760, 50


def parse_message(
    message: bytes,
    envelope: str | None = None,
    *,
    max_file: int = MAX_FILE_BYTES,
    max_files: int = MAX_FILES,
) -> ParsedMail:
    """Return the parsed mail from a message in RFC 5322 format.

    `envelope` is the sender in the SMTP envelope, None if unknown. Raises Malformed for an empty
    mail and for one beyond every bound.
    """
    if not message.strip():
        raise Malformed("the mail is empty")
    told: Marks = {}
    if (bare := message.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")) != message:
        add_mark(told, (), "what stood before the head was taken off")
    fields, part = parse_mail(bare)
    text, files = text_of(part), find_files(part, max_file, max_files)
    if unread := is_unread(part, text):
        kept = redact_body_keys(message) if len(message) <= max_file else None
        files = (MailFile(name=WHOLE, size=len(message), content=kept), *files)
    return parse_header(fields, envelope, told, text=text, enclosed=files, unread=unread)


def parse_header(
    fields: HeaderFields, envelope: str | None, told: Marks = NOTHING, **said: object
) -> ParsedMail:
    """Return a parsed mail from its header and its parsed body; `told` are the repairs made."""
    sender, name = headers.parse_sender(fields.raw("from"))
    first_reply_to, reply_to_name = headers.parse_sender(fields.raw("reply-to"))
    reply_to = tuple(
        dict.fromkeys(
            one for one in (first_reply_to, *headers.parse_addresses(fields.raw("reply-to"))) if one
        )
    )
    relayed = (envelope or "").strip(" <>").lower()
    sender = sender or first_reply_to or (relayed if "@" in relayed else "")
    sent_at, marks = headers.parse_date(fields.raw("date")), dict(told)
    if sent_at is None and fields.raw("date"):
        add_mark(marks, ("date",), "left out: it is no date")
    null_sender, by_list = has_null_sender(fields, envelope), is_by_list(fields, sender)
    thread = (
        *headers.parse_message_ids(fields.raw("in-reply-to")),
        *reversed(headers.parse_message_ids(fields.raw("references"))),
    )
    return ParsedMail(
        sender=sender,
        sender_name=name,
        authors=_addresses(fields, "from"),
        stamps=parse_authentication_results(
            _text(value) for value in fields.all("authentication-results")
        ),
        reply_to=reply_to[: headers.MAX_PEOPLE],
        reply_to_name=reply_to_name,
        author=_author(fields) if by_list else "",
        by_list=by_list,
        null_sender=null_sender,
        people=_addresses(fields, "to", "cc"),
        message_id=next(iter(headers.parse_message_ids(fields.raw("message-id"))), "")
        or fields.raw("message-id").strip("<> ")[:900],
        thread=tuple(dict.fromkeys(thread)),
        subject=cut(fields.text("subject"), TITLE),
        nature=writer_kind(fields, sender, null_sender=null_sender),
        passed=_addresses(fields, "x-loop"),
        sent_at=sent_at,
        mended=list_repairs_of_one_item(marks),
        **said,  # type: ignore[arg-type]
    )


def _author(fields: HeaderFields) -> str:
    """Return who wrote to the mailing list, if the list says so.

    Read are the header of Mailman and those of Google Groups.
    """
    said = (
        headers.parse_sender(fields.raw(name))[0]
        for name in ("x-original-from", "x-original-sender")
    )
    return next((one for one in said if one), "")


def _addresses(fields: HeaderFields, *names: str) -> tuple[str, ...]:
    """Return every address in every field of those names."""
    values = (value for name in names for value in fields.all(name))
    found = (address for value in values for address in headers.parse_addresses(_text(value)))
    return tuple(dict.fromkeys(found))[: headers.MAX_PEOPLE]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
