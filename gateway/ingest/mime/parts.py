"""The parts of a mail, split along their boundaries and decoded. Pure.

The standard library's parser takes seconds for a message of twenty thousand parts and fails by
deep recursion; this one looks at every byte a bounded number of times and refuses more nesting
or parts than any mail program sends.
"""

import re
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.ingest.mime.charsets import choose_header_charset, decode_text, find_html_charset
from gateway.ingest.mime.headers import (
    HeaderFields,
    decode_base64,
    parse_parameters,
    split_base64,
    split_head,
)
from gateway.ingest.reading.limits import build_malformed

MAX_DEPTH, MAX_PARTS = 20, 300
PLAIN, HTML = "text/plain", "text/html"
TEXTS = (PLAIN, HTML)


ENCODINGS = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})

NOT_ENCODING = re.compile(r"\([^()]*\)|;.*|[\s\"'-]", re.DOTALL)
"""Text around and in the name of an encoding: comments, quotes, a hyphen as in 8-bit."""

ENCODED_HEAD = re.compile(rb";\s*(?:charset|name|boundary|format)=3D", re.IGNORECASE)
"""Fields of a part whose header is itself encoded in quoted-printable."""

BOUNDARY = re.compile(
    rb"^--([^\s]{1,70})[ \t]*\r?\n(?:Content-|MIME-)", re.MULTILINE | re.IGNORECASE
)
"""A boundary in use, for mails whose header names none or another one."""


@dataclass(frozen=True, slots=True)
class MailPart:
    """A part of a mail.

    `kind` is its media type, `name` its file name, `inside` the parts of a multipart. `attached`
    says that its header marks it as an attachment; `near` is a charset that is declared
    elsewhere in the mail.
    """

    kind: str
    charset: str
    name: str
    attached: bool
    encoding: str
    body: bytes
    flowed: bool = False
    inside: tuple["MailPart", ...] = ()
    near: str = ""

    def content(self) -> bytes:
        """Return the decoded bytes."""
        if self.encoding == "base64":
            return split_base64(self.body)[1]
        return a2b_qp(self.body) if self.encoding == "quoted-printable" else self.body

    def text(self) -> str:
        """Return the decoded text, with text that was added around it unencoded."""
        if self.encoding != "base64":
            return self._decoded(self.content())
        before, content, after = split_base64(self.body)
        said = (
            decode_text(before, self.charset),
            self._decoded(content),
            decode_text(after, self.charset),
        )
        return "\n".join(text.strip("\n") for text in said if text.strip())

    def declared(self) -> str:
        """Return the charset declared in the header or, for HTML, in the content."""
        return self.charset or (find_html_charset(self.content()) if self.kind == HTML else "")

    def _decoded(self, content: bytes) -> str:
        return decode_text(
            content,
            self.charset,
            find_html_charset(content) if self.kind == HTML else "",
            self.near,
        )


@dataclass(slots=True)
class _Reading:
    """The state of reading one mail.

    `room` is the number of parts that may follow, `charset` the one that the first text
    declares.
    """

    room: int = MAX_PARTS
    charset: str = ""


def parse_mail(message: bytes) -> tuple[HeaderFields, MailPart]:
    """Return the header and the parts of a mail.

    Raises Malformed for a body that is no mail or exceeds MAX_DEPTH or MAX_PARTS.
    """
    fields, body = split_head(message, top=True)
    reading = _Reading()
    part = _part(fields, body, 0, reading)
    return replace(fields, charset=choose_header_charset(reading.charset)), part


def _part(fields: HeaderFields, body: bytes, depth: int, reading: _Reading) -> MailPart:
    reading.room -= 1
    if reading.room < 0:
        raise build_malformed("", f"a mail of more than {MAX_PARTS} parts")
    if depth > MAX_DEPTH:
        raise build_malformed("", f"a mail nested deeper than {MAX_DEPTH} levels")
    fields = replace(fields, charset=choose_header_charset(reading.charset))
    kind, given = parse_parameters(fields.raw("content-type"))
    disposition, named = parse_parameters(fields.raw("content-disposition"))
    encoding = _encoding(fields.text("content-transfer-encoding"))
    if kind.startswith("multipart/"):
        pieces = _pieces(body, encoding, given.get("boundary", ""), reading.room)
        if inside := tuple(_part(*split_head(piece), depth + 1, reading) for piece in pieces):
            return MailPart(kind, "", "", attached=False, encoding="", body=b"", inside=inside)
        kind = PLAIN
    part = MailPart(
        kind if "/" in kind else PLAIN,
        given.get("charset", ""),
        named.get("filename") or given.get("name") or "",
        attached=disposition == "attachment",
        encoding=encoding,
        body=body,
        flowed=given.get("format", "").lower() == "flowed",
        near=reading.charset,
    )
    if not reading.charset and not part.attached and part.kind in TEXTS:
        reading.charset = part.declared()
    return part


def _pieces(body: bytes, encoding: str, boundary: str, most: int) -> list[bytes]:
    """Return the parts of a multipart, also of one encoded as a whole or with another boundary."""
    named = boundary.encode("utf-8", "replace")
    pieces = split_at_boundary(body, named, most)
    if pieces and not (encoding == "quoted-printable" and any(map(_is_encoded, pieces))):
        return pieces
    if encoding == "base64":
        body = decode_base64(body)
    elif encoding == "quoted-printable":
        body = a2b_qp(body)
    if pieces := split_at_boundary(body, named, most):
        return pieces
    used = BOUNDARY.search(body)
    return split_at_boundary(body, used[1], most) if used else []


def _is_encoded(piece: bytes) -> bool:
    """Return whether a part was encoded including its header, although its boundary was not."""
    return ENCODED_HEAD.search(re.split(rb"\r?\n\r?\n", piece[:2_000], maxsplit=1)[0]) is not None


def _encoding(told: str) -> str:
    plain = NOT_ENCODING.sub("", told).lower()
    return "quoted-printable" if plain == "quotedprintable" else plain


def split_at_boundary(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """Return the pieces between the lines of a boundary; without a closing one, up to the end.

    Raises Malformed for more than `most` pieces.
    """
    if not boundary:
        return []
    line, pieces = b"--" + boundary, []
    data, begin = b"\n" + body, -1
    at = data.find(b"\n" + line)
    while at >= 0:
        rest = at + 1 + len(line)
        end = data.find(b"\n", rest)
        end = len(data) if end < 0 else end
        tail = data[rest : min(end, rest + 200)].strip()
        if tail in (b"", b"--"):
            if begin >= 0:
                pieces.append(data[begin:at].removesuffix(b"\r"))
            begin = end + 1 if not tail else -1
            if len(pieces) > most:
                raise build_malformed("", f"a mail of more than {MAX_PARTS} parts")
            if tail:
                return pieces
        at = data.find(b"\n" + line, min(end, rest))
    if begin >= 0:
        pieces.append(data[begin:])
    return pieces


def iterate_leaves(part: MailPart) -> Iterator[MailPart]:
    """Yield the parts that contain no others, in order."""
    if not part.inside:
        yield part
    for one in part.inside:
        yield from iterate_leaves(one)
