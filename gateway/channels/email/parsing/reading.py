"""The parser of mails, from the bytes of a message to a Letter.

Pure; it raises Malformed and nothing else, whatever the input.
"""

import codecs

from gateway.channels.email.parsing.authentication import stamps
from gateway.channels.email.parsing.body import enclosed, is_unread, text_of
from gateway.channels.email.parsing.letter import Enclosed, Letter
from gateway.channels.email.parsing.nature import has_null_sender, is_by_list, nature
from gateway.errors import Malformed
from gateway.ingest.mime import headers
from gateway.ingest.mime.headers import Fields
from gateway.ingest.mime.parts import whole
from gateway.ingest.reading.limits import TITLE, cut
from gateway.ingest.reading.repair import Marks, mark, mended_of_one_item
from gateway.key_texts import body_without_keys

WHOLE = "message.eml"
"""The file name of the whole mail where it is attached."""

NOTHING: Marks = {}
"""An empty set of repairs."""

MAX_FILE_BYTES, MAX_FILES = 10_485_760, 50


def read(
    message: bytes,
    envelope: str | None = None,
    *,
    max_file: int = MAX_FILE_BYTES,
    max_files: int = MAX_FILES,
) -> Letter:
    """Return the parsed mail from a message in RFC 5322 format.

    `envelope` is the sender in the SMTP envelope, None if unknown. Raises Malformed for an empty
    mail and for one beyond every bound.
    """
    if not message.strip():
        raise Malformed("the mail is empty")
    told: Marks = {}
    if (bare := message.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")) != message:
        mark(told, (), "what stood before the head was taken off")
    fields, part = whole(bare)
    text, files = text_of(part), enclosed(part, max_file, max_files)
    if unread := is_unread(part, text):
        kept = body_without_keys(message) if len(message) <= max_file else None
        files = (Enclosed(name=WHOLE, size=len(message), content=kept), *files)
    return addressed(fields, envelope, told, text=text, enclosed=files, unread=unread)


def addressed(fields: Fields, envelope: str | None, told: Marks = NOTHING, **said: object) -> Letter:
    """Return a parsed mail from its header and its parsed body; `told` are the repairs made."""
    sender, name = headers.sender(fields.raw("from"))
    first_reply_to, reply_to_name = headers.sender(fields.raw("reply-to"))
    reply_to = tuple(dict.fromkeys(one for one in (first_reply_to, *headers.addresses(fields.raw("reply-to"))) if one))
    relayed = (envelope or "").strip(" <>").lower()
    sender = sender or first_reply_to or (relayed if "@" in relayed else "")
    sent_at, marks = headers.moment(fields.raw("date")), dict(told)
    if sent_at is None and fields.raw("date"):
        mark(marks, ("date",), "left out: it is no date")
    null_sender, by_list = has_null_sender(fields, envelope), is_by_list(fields, sender)
    thread = (
        *headers.ids(fields.raw("in-reply-to")),
        *reversed(headers.ids(fields.raw("references"))),
    )
    return Letter(
        sender=sender,
        sender_name=name,
        authors=_addresses(fields, "from"),
        stamps=stamps(_text(value) for value in fields.all("authentication-results")),
        reply_to=reply_to[: headers.MAX_PEOPLE],
        reply_to_name=reply_to_name,
        author=_author(fields) if by_list else "",
        by_list=by_list,
        null_sender=null_sender,
        people=_addresses(fields, "to", "cc"),
        message_id=next(iter(headers.ids(fields.raw("message-id"))), "") or fields.raw("message-id").strip("<> ")[:900],
        thread=tuple(dict.fromkeys(thread)),
        subject=cut(fields.text("subject"), TITLE),
        nature=nature(fields, sender, null_sender=null_sender),
        passed=_addresses(fields, "x-loop"),
        sent_at=sent_at,
        mended=mended_of_one_item(marks),
        **said,  # type: ignore[arg-type]
    )


def _author(fields: Fields) -> str:
    """Return who wrote to the mailing list, if the list says so.

    Read are the header of Mailman and those of Google Groups.
    """
    said = (headers.sender(fields.raw(name))[0] for name in ("x-original-from", "x-original-sender"))
    return next((one for one in said if one), "")


def _addresses(fields: Fields, *names: str) -> tuple[str, ...]:
    """Return every address in every field of those names."""
    values = (value for name in names for value in fields.all(name))
    found = (address for value in values for address in headers.addresses(_text(value)))
    return tuple(dict.fromkeys(found))[: headers.MAX_PEOPLE]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
