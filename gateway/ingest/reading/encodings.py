"""Decoding of bodies that are not plain UTF-8. Pure.

A byte order mark decides the encoding, without one the declared charset, and without that the
bytes themselves. Nothing is refused here: bytes that cannot be read become U+FFFD.
"""

import codecs

Text = tuple[str, str]
"""A text and a description of the repair, "" if there was none."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # it begins like UTF-16's, so it is tried first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = ("big5", "cp", "euc_", "gb", "iso8859", "koi8", "shift_jis", "utf-16")
"""Prefixes of the charsets accepted from a media type: those that decode in linear time."""

LATIN = {0xDC80 + byte: bytes([0x80 + byte]).decode("cp1252", "replace") for byte in range(128)}
"""The bytes above ASCII, as `surrogateescape` represents them, to characters of Windows-1252."""


def decode_body(body: bytes, charset: str = "") -> Text:
    """Return the body as text; `charset` is the one that its media type declares."""
    for mark, name in MARKS:
        if body.startswith(mark):
            if name == "utf-8":
                text, what = _unmarked(body[len(mark) :], charset)
                return text, what or "a byte order mark was taken off"
            return body.decode(name, "replace"), f"read as {name.upper()}"
    return _unmarked(body, charset)


def _unmarked(body: bytes, charset: str) -> Text:
    if (wide := _wide(body)) is not None:
        return body.decode(wide, "replace"), f"read as {wide.upper()}"
    try:
        return body.decode(), ""
    except UnicodeDecodeError:
        return _foreign(body, charset)


def _wide(body: bytes) -> str | None:
    """Return the variant of UTF-16 without a mark, recognised by one ASCII character and a NUL."""
    if len(body) > 1 and (body[0] == 0) != (body[1] == 0):
        return "utf-16-be" if body[0] == 0 else "utf-16-le"
    return None


def _foreign(body: bytes, charset: str) -> Text:
    """Decode a body that is no UTF-8: by its declared charset, as damaged UTF-8, or as Latin-1."""
    for name in (_declared(charset), "gb2312"):
        if name and (text := _decoded(body, name, "strict")) is not None:
            return text, f"read as {name.upper()}"
    if (
        text := _decoded(body, "utf-8", "surrogatepass")
    ) is not None:  # surrogates, each encoded by itself
        return text.encode("utf-16-le", "surrogatepass").decode(
            "utf-16-le", "replace"
        ), "a half of a character was replaced"
    escaped = body.decode("utf-8", "surrogateescape")
    broken = sum("\udc80" <= one <= "\udcff" for one in escaped)
    if sum(one > "\x7f" for one in escaped) - broken >= broken:
        return body.decode("utf-8", "replace"), "bytes that are no UTF-8 were replaced"
    return escaped.translate(LATIN), "read as Latin-1"


def _declared(charset: str) -> str:
    """Return Python's name of a charset; "" for none and for one that is not accepted."""
    try:
        name = codecs.lookup(charset[:40]).name
    except (LookupError, ValueError):
        return ""
    return name if name.startswith(DECLARED) else ""


def _decoded(body: bytes, charset: str, errors: str) -> str | None:
    try:
        return body.decode(charset, errors)
    except UnicodeDecodeError:
        return None
