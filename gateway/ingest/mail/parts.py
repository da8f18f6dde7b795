"""The parts of a mail: split along their boundaries, decoded, sorted into what is read and what is enclosed. Pure and bounded.

The standard library's parser takes seconds for a message of twenty thousand parts and recurses until it breaks; this one looks
at every byte a bounded number of times and refuses what nests or multiplies beyond what any mail program sends.
"""

from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.ingest.limits import fault
from gateway.ingest.mail.charsets import decode
from gateway.ingest.mail.headers import Fields, base64, head, parameters

MAX_DEPTH, MAX_PARTS = 20, 300


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `kind` is its media type, `name` what it is called as a file, `inside` the parts of a multipart."""

    kind: str
    charset: str
    name: str
    attached: bool
    encoding: str
    body: bytes
    flowed: bool = False
    inside: tuple["Part", ...] = ()

    def content(self) -> bytes:
        """The bytes it stands for."""
        if self.encoding == "base64":
            return base64(self.body)
        return a2b_qp(self.body) if self.encoding == "quoted-printable" else self.body

    def text(self) -> str:
        """The text it stands for."""
        return decode(self.content(), self.charset)


def whole(message: bytes) -> tuple[Fields, Part]:
    """A mail's head and its parts; raises Malformed for what is no mail and for what is beyond MAX_DEPTH or MAX_PARTS."""
    fields, body = head(message, top=True)
    return fields, _part(fields, body, 0, [MAX_PARTS])


def _part(fields: Fields, body: bytes, depth: int, room: list[int]) -> Part:
    room[0] -= 1
    if room[0] < 0:
        raise fault("", f"a mail of more than {MAX_PARTS} parts")
    if depth > MAX_DEPTH:
        raise fault("", f"a mail nested deeper than {MAX_DEPTH} levels")
    kind, given = parameters(fields.raw("content-type"))
    disposition, named = parameters(fields.raw("content-disposition"))
    encoding = fields.raw("content-transfer-encoding").partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        pieces = split(body, given.get("boundary", "").encode("utf-8", "replace"), room[0])
        inside = tuple(_part(*head(piece), depth + 1, room) for piece in pieces)
        if inside:
            return Part(kind, "", "", attached=False, encoding="", body=b"", inside=inside)
        kind = "text/plain"
    name = named.get("filename") or given.get("name") or ""
    return Part(
        kind if "/" in kind else "text/plain",
        given.get("charset", ""),
        name,
        attached=disposition == "attachment" or bool(name),
        encoding=encoding,
        body=body,
        flowed=given.get("format", "").lower() == "flowed",
    )


def split(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """What stands between the lines of a boundary; a last one that is missing is where the body ends."""
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
                raise fault("", f"a mail of more than {MAX_PARTS} parts")
            if tail:
                return pieces
        at = data.find(b"\n" + line, min(end, rest))
    if begin >= 0:
        pieces.append(data[begin:])
    return pieces


def leaves(part: Part) -> Iterator[Part]:
    """The parts that hold no others, in order."""
    if not part.inside:
        yield part
    for one in part.inside:
        yield from leaves(one)
