"""What a mail says and what it encloses, chosen from its parts. Pure."""

import re
from collections.abc import Iterator
from html import unescape

from inscriptis import get_text  # type: ignore[import-untyped]
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from gateway.ingest.limits import cut
from gateway.ingest.mail.charsets import clean
from gateway.ingest.mail.headers import head
from gateway.ingest.mail.letter import Enclosed
from gateway.ingest.mail.parts import Part, leaves

MAX_TEXT, MAX_HTML, MAX_NAME = 262_144, 524_288, 200
"""Characters of text and of HTML that are read, and of a file's name."""

ENDINGS = {
    "message/rfc822": ".eml", "message/delivery-status": ".txt", "text/calendar": ".ics", "text/html": ".html",
    "text/plain": ".txt",
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "application/pdf": ".pdf",
}  # fmt: skip
"""How a file without a name ends."""

_TAG = re.compile(r"<[^<>]{0,2000}>")
_UNREAD = re.compile(r"<(script|style|head)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n(?:[ \t\u00a0]*\n){2,}")


def text_of(part: Part) -> str:
    """Everything it says as plain text: of alternatives the plain one, unless it is empty, of others one after the other."""
    return cut(_tidy("\n\n".join(said for said in _said(part) if said.strip())), MAX_TEXT)


def _said(part: Part) -> Iterator[str]:
    if part.kind == "multipart/alternative":
        plain = [text for one in part.inside for text in _said(one) if not _is_page(one) and text.strip()]
        yield from plain or [text for one in part.inside for text in _said(one)]
    elif part.inside:
        for one in part.inside:
            yield from _said(one)
    elif part.kind == "text/plain" and not part.attached:
        text = part.text()
        yield unflowed(text) if part.flowed else text
    elif part.kind == "text/html" and not part.attached:
        yield html_to_text(part.text())


def _is_page(part: Part) -> bool:
    return any(leaf.kind == "text/html" for leaf in leaves(part))


def html_to_text(html: str) -> str:
    """HTML as text; where the parser gives nothing, as for what nests too deep, its tags are taken out."""
    html = html[:MAX_HTML]
    try:
        text = get_text(html)
    except (LxmlError, ValueError, RecursionError, AttributeError, TypeError):
        text = ""
    return clean(text if text.strip() else unescape(_TAG.sub(" ", _UNREAD.sub(" ", html))))


def unflowed(text: str) -> str:
    """Lines that were only broken to fit, put together again (RFC 3676)."""
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


def enclosed(part: Part, max_bytes: int, max_files: int) -> tuple[Enclosed, ...]:
    """Its files, whole or not at all: beyond `max_files`, or larger than `max_bytes`, only their names and sizes."""
    files = [one for one in leaves(part) if one.attached or one.kind not in ("text/plain", "text/html")]
    found: list[Enclosed] = []
    for file in files:
        content = file.content()
        kept = len(content) <= max_bytes and sum(one.content is not None for one in found) < max_files
        found.append(Enclosed(name=name_of(file, len(found) + 1), size=len(content), content=content if kept else None))
    return tuple(found)


def name_of(file: Part, place: int) -> str:
    """What a file is called; one without a name after the mail it is, or its place among the files."""
    if file.name:
        return cut(clean(file.name), MAX_NAME)
    if file.kind == "message/rfc822":
        subject = head(file.body)[0].text("subject")
        return cut(subject or f"mail-{place}", MAX_NAME - 4).replace("/", "-") + ".eml"
    return f"{file.kind.partition('/')[0] or 'file'}-{place}{ENDINGS.get(file.kind, '')}"
