"""The text of a body is decoded from any encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.reading.encodings import decode_body


@given(text=st.text(min_size=2))
def test_valid_utf8_is_decoded_unchanged(text: str) -> None:
    body = ('"' + text + '"').encode("utf-8", "ignore")
    if b"\0" not in body[:2]:
        assert decode_body(body) == (body.decode(), "")


@given(body=st.binary())
def test_any_bytes_decode_to_text(body: bytes) -> None:
    text, what = decode_body(body)
    assert isinstance(text, str)
    assert what or text.encode() == body


@pytest.mark.parametrize(
    "charset", ["gbk", "gb18030", "big5", "shift_jis", "iso-8859-15", "koi8-r", "cp1251"]
)
def test_declared_charset_is_used_when_body_is_not_utf8(charset: str) -> None:
    words = {
        "big5": "資料庫",
        "shift_jis": "障害です",
        "iso-8859-15": "Büro €",
        "koi8-r": "сбой",
        "cp1251": "сбой",
    }
    word = words.get(charset, "数据库宕机")
    assert decode_body(f'"{word}"'.encode(charset), charset)[0] == f'"{word}"'
    assert decode_body(f'"{word}"'.encode(), charset) == (f'"{word}"', "")


@pytest.mark.parametrize(
    "charset", ["", "punycode", "unicode_escape", "no-such", "x\0y", "a" * 10_000]
)
def test_unsupported_charset_is_ignored(charset: str) -> None:
    assert decode_body("é!".encode("latin-1"), charset) == ("é!", "read as Latin-1")


def test_byte_order_mark_determines_encoding() -> None:
    for name in ("utf-8-sig", "utf-16", "utf-32"):
        assert decode_body('{"a":"支付"}'.encode(name))[0] == '{"a":"支付"}'
    assert decode_body(b"\xfe\xff\0a") == ("a", "read as UTF-16")
    assert decode_body(b"\xef\xbb\xbf" + b'"B\xfcro"') == ('"Büro"', "read as Latin-1")


def test_damaged_text_keeps_valid_characters() -> None:
    whole = "数据库宕机".encode()
    assert decode_body(b'"' + whole[:-1] + b'"') == (
        '"数据库宕\ufffd"',
        "bytes that are no UTF-8 were replaced",
    )
    assert decode_body(b'"half \xed\xa0\xbd."') == (
        '"half \ufffd."',
        "a half of a character was replaced",
    )
    assert decode_body(b'"\xed\xa0\xbd\xed\xb8\x80"')[0] == '"😀"'
