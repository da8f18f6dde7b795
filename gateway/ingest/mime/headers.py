"""Headers of mails and of their parts: fields, encoded words, addresses, parameters. Pure.

The work is linear in the size of the input.
"""

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from gateway.ingest.mime.charsets import clean_text, decode_text
from gateway.ingest.reading.limits import build_malformed
from gateway.timing.instants import is_supported

MAX_HEAD, MAX_FIELDS, MAX_VALUE = 262_144, 500, 16_384
"""Maximum bytes of a header, number of fields read, and bytes read of each field.

A longer header is refused.
"""

MAX_PARAMETER_BYTES, MAX_IDS, MAX_PEOPLE = 4_096, 50, 100

ADDRESS = re.compile(
    r"(?<![^\s<>(),;:\"\\@\[\]])[^\s<>(),;:\"\\@\[\]]{1,64}@[^\s<>(),;:\"\\@\[\]]{1,255}"
)
ID = re.compile(r"<([^<>\s]{1,998})>")
_END = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_WORD = re.compile(
    r"=\?([!->@-~]{1,40})\?(?:([bB])\?([^?]*)|([qQ])\?(.{0,1000}?))(?:\?=(?![0-9A-F]{2})|$)",
    re.DOTALL,
)
"""A question mark ends a Q word only before an equals sign that starts no escaped character.

The last word may be cut off.
"""
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_ANGLED = re.compile(r"<([^<>]*)>")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]++|\\.)*+(?:"|$)|[^;]*)', re.DOTALL)
_PIECE = re.compile(r"(.+?)\*(?:(\d{1,3})(\*)?)?")
_ENCODED = re.compile(rb"[A-Za-z0-9+/=\s]*+")
_WORDS = re.compile(rb"[!-~]\s+[!-~]|^\s{0,5}[-_*=#]{3,}\s{0,5}$|[\x80-\xff]")
_EXTENDED = re.compile(r"([A-Za-z0-9_.-]{1,40})'[A-Za-z-]{0,20}'(.*%.*)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(frozen=True, slots=True)
class HeaderFields:
    """The fields of a header in order: names in lower case, values unfolded, otherwise raw.

    `charset` is that of the text below it, which is used for fields that declare none.
    """

    pairs: tuple[tuple[str, bytes], ...]
    charset: str = ""

    def all(self, name: str) -> Iterator[bytes]:
        """Yield every value of the field of that name."""
        return (value for known, value in self.pairs if known == name)

    def raw(self, name: str) -> str:
        """Return the first value of that name with encoded words undecoded; "" without one."""
        return decode_text(next(self.all(name), b""), self.charset).strip()

    def text(self, name: str) -> str:
        """Return the first value of that name with encoded words decoded, on one line."""
        return decode_words(self.raw(name))


def split_head(entity: bytes, *, top: bool = False) -> tuple[HeaderFields, bytes]:
    """Split a header from the body that follows it.

    An entity that begins with no field has no header; the whole mail (`top`) must have one.
    Raises Malformed for a header larger than MAX_HEAD, and for a mail without one.
    """
    if entity.startswith((b"\n", b"\r\n")):
        first, end = b"", entity.index(b"\n") + 1
    elif (found := _END.search(entity, 0, MAX_HEAD + 4)) is not None:
        first, end = entity[: found.start()], found.end()
    elif len(entity) > MAX_HEAD:
        raise build_malformed("", f"a head of more than {MAX_HEAD} bytes")
    else:
        first, end = entity, len(entity)
    if top and first.startswith((b"From ", b">From ")):
        first = first.partition(b"\n")[2]
    if not _NAME.match(first):
        if top:
            raise build_malformed("", "this is no mail: it begins with no header field")
        return HeaderFields(()), entity[end:] if not first else entity
    return HeaderFields(tuple(_fields(first))), entity[end:]


def _fields(data: bytes) -> Iterator[tuple[str, bytes]]:
    name, value, count = "", [b""], 0
    for line in data.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            value.append(line.strip())
        elif _NAME.match(line):
            if name:
                yield name, b" ".join(value)[:MAX_VALUE]
            count += 1
            if count > MAX_FIELDS:
                return
            before, _, after = line.partition(b":")
            name, value = before.strip().decode("ascii").lower(), [after.strip()]
    yield name, b" ".join(value)[:MAX_VALUE]


def decode_words(text: str) -> str:
    """Return a value with its encoded words (RFC 2047) decoded, on one line.

    Adjacent words are joined before decoding, because senders cut them in the middle of
    characters.
    """
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        between, named = text[end : word.start()], word[1]
        how, said = word[2] or word[4], word[3] or word[5] or ""
        named = named.partition("*")[0].lower()
        if pending and (between.strip() or named != charset):
            out.append(decode_text(pending, charset))
            pending = b""
        if between.strip() or not end:
            out.append(between)
        pending, charset, end = pending + _word(how, said), named, word.end()
    out += [decode_text(pending, charset), text[end:]]
    return " ".join(clean_text("".join(out)).split())


def _word(how: str, said: str) -> bytes:
    data = said.encode("ascii", "ignore")
    return decode_base64(data) if how in "bB" else a2b_qp(data.replace(b" ", b"_"), header=True)


def decode_base64(data: bytes) -> bytes:
    """Decode base64, ignoring characters that do not belong in it; padding ends a piece."""
    return b"".join(_piece(_NOT_BASE64.sub(b"", piece)) for piece in data.split(b"="))


def _piece(data: bytes) -> bytes:
    data = data[: len(data) - 1] if len(data) % 4 == 1 else data
    return a2b_base64(data + b"=" * (-len(data) % 4)) if data else b""


def split_base64(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the text before base64, the decoded bytes, and the text after.

    Mail gateways add such text without encoding it.
    """
    if _ENCODED.fullmatch(data):
        return b"", decode_base64(data), b""
    lines = data.split(b"\n")
    begin = next(
        (place for place, line in enumerate(lines) if line.strip() and not _WORDS.search(line)),
        len(lines),
    )
    end = next(
        (place for place in range(begin, len(lines)) if _WORDS.search(lines[place])), len(lines)
    )
    return (
        b"\n".join(lines[:begin]),
        decode_base64(b"\n".join(lines[begin:end])),
        b"\n".join(lines[end:]),
    )


def parse_addresses(text: str) -> tuple[str, ...]:
    """Return every address in a field, in lower case, except those in quotes."""
    found = dict.fromkeys(
        match[0].lower().rstrip(".'") for match in ADDRESS.finditer(_QUOTED.sub(" ", text))
    )
    return tuple(found)[:MAX_PEOPLE]


def parse_sender(text: str) -> tuple[str, str]:
    """Return the first address of a From field and its name.

    An address within the name is used only if there is no other.
    """
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    angled = _ANGLED.search(bare)
    found = (
        (ADDRESS.search(angled[1]) if angled else None)
        or ADDRESS.search(bare)
        or ADDRESS.search(text)
    )
    name = text[: angled.start()] if angled else ""
    return (
        found[0].lower() if found else "",
        decode_words(name.strip(" \"'").replace('\\"', '"'))[:200],
    )


def parse_message_ids(text: str) -> tuple[str, ...]:
    """Return the Message-IDs in a field, in order; of too many, the oldest and the newest."""
    found = tuple(dict.fromkeys(ID.findall(text)))
    return found if len(found) <= MAX_IDS else (found[0], *found[1 - MAX_IDS :])


def parse_parameters(text: str) -> tuple[str, dict[str, str]]:
    """Return a value such as that of Content-Type, and its parameters.

    Continuations and charsets (RFC 2231) are decoded.
    """
    text = text[:MAX_PARAMETER_BYTES]
    if text.startswith("=?"):
        text = decode_words(text)
    first = text.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in _PARAMETER.findall(text):
        said = value.strip()
        if said.startswith('"'):
            said = re.sub(r"\\(.)", r"\1", said.strip('"'))
        if (piece := _PIECE.fullmatch(name)) is None:
            extended = _EXTENDED.fullmatch(said)
            read = (
                decode_text(unquote_to_bytes(extended[2]), extended[1])
                if extended
                else decode_words(said)
            )
            plain.setdefault(name.lower(), read)
        else:
            pieces.setdefault(piece[1].lower(), {})[int(piece[2] or 0)] = (
                said,
                piece[2] is None or piece[3] is not None,
            )
    return first, plain | {name: _joined(parts) for name, parts in pieces.items()}


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    charset, data = "", b""
    for place, (_, (said, encoded)) in enumerate(sorted(parts.items())):
        value = said
        if place == 0 and encoded and said.count("'") >= 2:
            charset, _, value = said.split("'", 2)
        data += unquote_to_bytes(value) if encoded else value.encode()
    return " ".join(decode_text(data, charset).split())


def parse_date(text: str) -> datetime | None:
    """Return the time of a Date field in UTC; None if it is no date."""
    try:
        read = parsedate_to_datetime(text[:100])
        at = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if is_supported(at) else None
