"""Decoding of text whose charset is declared, declared wrongly, or not declared. Pure.

Nothing here raises.
"""

import re

KNOWN: dict[str, str] = {
    **dict.fromkeys(
        ("gb2312", "gbk", "gb18030", "cp936", "ms936", "x-gbk", "gb_2312-80", "chinese", "euc-cn"),
        "gb18030",
    ),
    **dict.fromkeys(("hz", "hz-gb-2312"), "hz"),
    **dict.fromkeys(("big5", "big-5", "cn-big5", "x-big5", "cp950"), "cp950"),
    "big5-hkscs": "big5hkscs",
    **dict.fromkeys(
        ("iso-2022-jp", "csiso2022jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-ms"),
        "iso2022_jp_2",
    ),
    "iso-2022-jp-3": "iso2022_jp_3",
    "iso-2022-kr": "iso2022_kr",
    **dict.fromkeys(
        ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp932", "ms_kanji"), "cp932"
    ),
    **dict.fromkeys(("euc-jp", "x-euc-jp"), "euc_jp"),
    **dict.fromkeys(
        ("euc-kr", "ks_c_5601-1987", "ksc5601", "cp949", "uhc", "windows-949"), "cp949"
    ),
    **dict.fromkeys(
        ("iso-8859-1", "latin1", "latin-1", "l1", "windows-1252", "cp1252", "ansi"), "cp1252"
    ),
    **dict.fromkeys(("utf-7", "unicode-1-1-utf-7"), "utf-7"),
    **dict.fromkeys(("utf-16", "utf16", "unicode"), "utf-16"),
    **{
        name: name
        for name in (
            "utf-16le",
            "utf-16be",
            "utf-32",
            "utf-32le",
            "utf-32be",
            "koi8-r",
            "koi8-u",
            "tis-620",
        )
    },
    **{f"iso-8859-{n}": f"iso-8859-{n}" for n in (*range(2, 12), 13, 14, 15, 16)},
    **{f"windows-{n}": f"cp{n}" for n in (874, *range(1250, 1252), *range(1253, 1259))},
}
"""Codecs by declared name, each the superset that senders mean.

A name that is not listed is ignored and the charset guessed: some of Python's codecs, such as
punycode, take quadratic time, and some are not text encodings.
"""

MARKED = frozenset(
    {"hz", "utf-7", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be"}
)
"""Codecs whose bytes may look like ASCII or UTF-8 but are neither."""

EAST_ASIAN = frozenset({"gb18030", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949"})

HTML_LOOKED_AT = 1_024
"""Bytes of HTML that are searched for a charset (HTML, 13.2.3.2)."""

_IN_HTML = re.compile(
    rb"""<(?:meta\b[^<>]{0,200}?\bcharset\s{0,5}=\s{0,5}["']?|\?xml\b[^<>]{0,200}?\bencoding\s{0,5}=\s{0,5}["'])([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks, which override a declared charset."""

_ESCAPES = re.compile(rb"\x1b(?:\$[@BAC]|\$\([CD]|\([JBI])")
_PAIRS = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")
_UNSEEN = dict.fromkeys((*(code for code in range(32) if chr(code) not in "\t\n\r"), 127, 0xFEFF))


def decode_text(data: bytes, *declared: str) -> str:
    """Return the text, decoded by the first known declared charset, unless the bytes contradict it.

    The result contains no NUL, no control character but tab and newline, and no surrogate.
    """
    return clean_text(
        _decoded(data, next((codec for one in declared if (codec := find_codec(one))), ""))
    )


def find_codec(declared: str) -> str:
    """Return the codec for a declared charset, "" if it is unknown or declared empty."""
    return KNOWN.get(
        declared.strip("\"' ").lower().replace("_", "-" if "8859" in declared else "_"), ""
    )


def choose_header_charset(declared: str) -> str:
    """Return a charset for raw header fields, "" for one whose bytes look like ASCII."""
    return "" if find_codec(declared) in MARKED else declared


def find_html_charset(data: bytes) -> str:
    """Return the charset that HTML or XML declares in itself, "" if none."""
    found = _IN_HTML.search(data[:HTML_LOOKED_AT])
    return found[1].decode("ascii") if found else ""


def clean_text(text: str) -> str:
    """Return the text without characters that break PostgreSQL or a terminal.

    Lines end with a newline alone.
    """
    if not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN)
    return text.encode("utf-8", "replace").decode()


def _decoded(data: bytes, codec: str) -> str:
    if not codec.startswith("utf"):
        codec = next((name for mark, name in _MARKS if data.startswith(mark)), codec)
    if codec in MARKED:
        return data.decode(codec, "replace")
    if _ESCAPES.search(data):
        return data.decode(
            "iso2022_kr"
            if b"\x1b$)C" in data
            else "iso2022_jp_2"
            if codec != "iso2022_jp_3"
            else codec,
            "replace",
        )
    if data.isascii():
        return data.decode("ascii")
    if (utf8 := _as_utf8(data, codec)) is not None:
        return utf8
    for candidate in (codec, _likely(data)):
        try:
            if candidate:
                return data.decode(candidate)
        except UnicodeDecodeError:
            continue  # it is declared wrongly: what the bytes look like is tried next
    return data.decode(codec or _likely(data) or "utf-8", "replace")


def _as_utf8(data: bytes, codec: str) -> str | None:
    """Return the bytes decoded as UTF-8, None if they are not UTF-8.

    A word or two of Chinese in GBK may be valid UTF-8 by chance, but then of two-byte
    characters: if an East Asian charset is declared, UTF-8 is accepted only without such
    characters.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if codec in EAST_ASIAN and any("\x80" <= letter < "\u0800" for letter in text):
        return None
    return text


def _likely(data: bytes) -> str:
    """Return the likely codec of bytes without a usable declaration, "" if undecided.

    It is GB 18030 if high bytes come in pairs, as in Chinese, and cp1252 if most of the text is
    ASCII.
    """
    high = len(_HIGH.findall(data[:65_536]))
    paired = 2 * len(_PAIRS.findall(data[:65_536]))
    if paired >= 0.9 * high:
        return "gb18030"
    mostly_text = high * 2 < len(data[:65_536])
    return "cp1252" if mostly_text else ""
