"""The text of a mail and its files, chosen from its MIME parts. Pure."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice

from inscriptis import get_text  # type: ignore[import-untyped]
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from gateway.channels.email.parsing.letter import MailFile
from gateway.ingest.mime.charsets import clean_text
from gateway.ingest.mime.headers import split_head
from gateway.ingest.mime.parts import ENCODINGS, PLAIN, TEXTS, MailPart, iterate_leaves
from gateway.ingest.reading.limits import DESCRIPTION, cut

MAX_TEXT, MAX_HTML, MAX_NAME = 262_144, 524_288, 200
"""The maximum numbers of characters that are read of text, of HTML and of a file's name."""

ALTERNATIVE = "multipart/alternative"
SEALED = frozenset(
    {
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/pgp-encrypted",
        "application/ms-tnef",
    }
)
"""Types of parts with text that only other programs can read."""

TAGGED = frozenset({"text/html", "text/enriched", "text/richtext"})
FILES = frozenset(
    {
        "text/calendar",
        "text/css",
        "text/csv",
        "text/directory",
        "text/javascript",
        "text/rfc822-headers",
        "text/vcard",
        "text/x-vcard",
        "text/xml",
    }
)
"""Types of texts that programs write for programs."""

BROKEN, MOST_BROKEN = "\ufffd", 3
"""The replacement character, and how often it may occur in a text that counts as read."""

ENDINGS = {
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}
"""The endings of the names given to files without a name."""

_TAG = re.compile(r"<[^<>]{0,2000}>")
_UNREAD = re.compile(r"<(script|style|head)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n(?:[ \t\u00a0]*\n){2,}")


def text_of(part: MailPart) -> str:
    """Return all its words as plain text.

    Of alternatives the plain one, unless it is empty; other parts one after another.
    """
    return cut(
        _tidy("\n\n".join(said for said in _said(part, _read(part)) if said.strip())), MAX_TEXT
    )


def _read(part: MailPart) -> frozenset[int]:
    """Return the ids of the parts that are read as text.

    Texts without a name that are not marked as attachments, and the first text whatever its
    name, with its alternatives. Where there is neither plain text nor HTML, a text of another
    type and without a name is read.
    """
    said = [
        one for one in iterate_leaves(part) if one.kind.startswith("text/") and not one.attached
    ]
    others = (one for one in said if one.kind not in FILES and not one.name)
    texts = [one for one in said if one.kind in TEXTS] or [*islice(others, 1)]
    first = {id(one) for one in texts[:1]}
    groups = [{id(leaf) for leaf in iterate_leaves(group)} for group in _alternatives(part)]
    named = first.union(*(group for group in groups if first <= group))
    return frozenset(id(one) for one in texts if not one.name or id(one) in named)


def _alternatives(part: MailPart) -> Iterator[MailPart]:
    if part.kind == ALTERNATIVE:
        yield part
    for one in part.inside:
        yield from _alternatives(one)


def _said(part: MailPart, read: frozenset[int]) -> Iterator[str]:
    if part.kind == ALTERNATIVE:
        plain = [
            text
            for one in part.inside
            for text in _said(one, read)
            if not _is_page(one) and text.strip()
        ]
        yield from plain or [text for one in part.inside for text in _said(one, read)]
    elif part.inside:
        for one in part.inside:
            yield from _said(one, read)
    elif id(part) in read and part.kind in TAGGED:
        yield html_to_text(part.text())
    elif id(part) in read:
        text = part.text()
        yield join_soft_lines(text) if part.flowed else text


def is_unread(part: MailPart, text: str) -> bool:
    """Return whether the mail has words that could not be read, as far as can be determined."""
    read = _read(part)
    texts = [one for one in iterate_leaves(part) if id(one) in read]
    if any(one.encoding not in ENCODINGS for one in texts):
        return True
    if text.count(BROKEN) > max(MOST_BROKEN, len(text) // 20):
        return True
    if text:
        return False
    return any(one.kind in SEALED for one in iterate_leaves(part)) or any(
        one.kind == PLAIN and one.body.strip() for one in texts
    )


def _is_page(part: MailPart) -> bool:
    return any(leaf.kind == "text/html" for leaf in iterate_leaves(part))


def html_to_text(html: str) -> str:
    """Return HTML as text.

    Where the parser returns nothing, as for HTML nested too deep, the tags are removed.
    """
    html = html[:MAX_HTML]
    try:
        text = get_text(html)
    except (LxmlError, ValueError, RecursionError, AttributeError, TypeError):
        text = ""
    return clean_text(text if text.strip() else unescape(_TAG.sub(" ", _UNREAD.sub(" ", html))))


def join_soft_lines(text: str) -> str:
    """Return the text with soft line breaks removed (RFC 3676)."""
    out: list[str] = []
    soft = False
    for line in text.split("\n"):
        if soft and not line.startswith(">"):
            out[-1] += line.removeprefix(" ")
        else:
            out.append(line.removeprefix(" "))
        soft = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(out)


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.replace("\u00a0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


def find_files(part: MailPart, max_bytes: int, max_files: int) -> tuple[MailFile, ...]:
    """Return its files, whole or without content.

    Of files beyond `max_files`, or larger than `max_bytes`, only names and sizes are kept.
    """
    read = _read(part)
    files = [
        one
        for one in iterate_leaves(part)
        if id(one) not in read or (one.name and len(one.body) > DESCRIPTION)
    ]
    found: list[MailFile] = []
    for file in files:
        content = file.content()
        kept = (
            len(content) <= max_bytes and sum(one.content is not None for one in found) < max_files
        )
        found.append(
            MailFile(
                name=name_of(file, len(found) + 1),
                size=len(content),
                content=content if kept else None,
            )
        )
    return tuple(found)


def name_of(file: MailPart, place: int) -> str:
    """Return the name of a file.

    One without a name is called by the subject of the mail it holds, or its place among the
    files.
    """
    if file.name:
        return cut(clean_text(file.name), MAX_NAME)
    if file.kind == "message/rfc822":
        subject = split_head(file.content())[0].text("subject")
        return cut(subject or f"mail-{place}", MAX_NAME - 4).replace("/", "-") + ".eml"
    return f"{file.kind.partition('/')[0] or 'file'}-{place}{ENDINGS.get(file.kind, '')}"
