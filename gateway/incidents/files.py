"""What a file is and what it may be called. Pure: nothing that its sender says of it is believed."""

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
"""How files of a type begin."""

OFFICE: tuple[tuple[bytes, str], ...] = (
    (b"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
"""Which part of an Office file (ECMA-376) says what it is; names of parts stand uncompressed in the archive."""

CONTROLS = bytes(code for code in (*range(32), 127) if chr(code) not in "\t\n\r")


def sniff(content: bytes) -> str:
    """The media type by the bytes alone; text is UTF-8 without control characters, and HTML is text."""
    kind = next((kind for magic, kind in MAGIC if content.startswith(magic)), None)
    if kind == ZIP and b"[Content_Types].xml" in content:
        return next((office for part, office in OFFICE if part in content), ZIP)
    return kind or (TEXT if _is_text(content) else BINARY)


def _is_text(content: bytes) -> bool:
    if len(content.translate(None, CONTROLS)) != len(content):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def safe_name(given: str) -> str:
    """The last part of a path without what cannot be seen (controls, directions, broken characters), or "file"."""
    last = given.replace("\\", "/").rpartition("/")[2]
    seen = "".join(letter for letter in last if not unicodedata.category(letter).startswith("C"))
    return seen.strip(" .")[:MAX_NAME].rstrip() or "file"


def disposition(name: str) -> str:
    """Content-Disposition for a download (RFC 6266): an ASCII name for old readers and the true one (RFC 8187)."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._- ") else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
