"""The media types and names of files, by their content and not by the sender's claims. Pure."""

import codecs
import unicodedata
from urllib.parse import quote

BINARY = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
ZIP = "application/zip"
MAX_NAME = 200

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
)
"""The first bytes of files by media type."""

OFFICE: tuple[tuple[bytes, str], ...] = (
    (
        b"word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (b"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (
        b"ppt/presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
)
"""The part that identifies each type of Office file (ECMA-376).

Names of parts are not compressed in the archive.
"""

CONTROLS = bytes(code for code in (*range(32), 127) if chr(code) not in "\t\n\r")


PACKED = b"[Content_Types].xml"
"""The part that makes a ZIP archive an Office file."""

HEAD = max(len(magic) for magic, _ in MAGIC)
OVERLAP = max(len(word) for word in (PACKED, *(part for part, _ in OFFICE))) - 1


class MediaTypeSniffer:
    """A detector of the media type, fed piece by piece.

    Text is UTF-8 without control characters, and HTML counts as text.
    """

    def __init__(self) -> None:
        self._head = self._tail = b""
        self._seen: set[bytes] = set()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = True

    def feed(self, piece: bytes) -> None:
        """Add the next bytes."""
        self._head += piece[: HEAD - len(self._head)]
        if self._head.startswith(b"PK"):
            around = self._tail + piece
            self._seen |= {
                word for word in (PACKED, *(part for part, _ in OFFICE)) if word in around
            }
            self._tail = around[-OVERLAP:]
        self._text = self._text and self._reads(piece)

    def _reads(self, piece: bytes, *, final: bool = False) -> bool:
        if len(piece.translate(None, CONTROLS)) != len(piece):
            return False
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            return False
        return True

    def type(self) -> str:
        """Return the media type, after all bytes were fed."""
        kind = next((kind for magic, kind in MAGIC if self._head.startswith(magic)), None)
        if kind == ZIP and PACKED in self._seen:
            return next((office for part, office in OFFICE if part in self._seen), ZIP)
        return kind or (TEXT if self._text and self._reads(b"", final=True) else BINARY)


def safe_name(given: str) -> str:
    """Return the last part of a path without invisible characters, or "file".

    Invisible are controls, directional marks and broken characters.
    """
    last = given.replace("\\", "/").rpartition("/")[2]
    seen = "".join(letter for letter in last if not unicodedata.category(letter).startswith("C"))
    return seen.strip(" .")[:MAX_NAME].rstrip() or "file"


def content_disposition(name: str) -> str:
    """Return the Content-Disposition of a download (RFC 6266).

    It has an ASCII name for old clients and the full one (RFC 8187).
    """
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._- ") else "_"
        for letter in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
