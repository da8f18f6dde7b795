"""The charset of a mail body is found wherever it is declared."""

import base64

import pytest

from gateway.channels.email.parsing.reading import parse_message
from tests.channels.email.parsing.bodies import names, of
from tests.channels.email.sample_mails import said

RUSSIAN, BIG5, GREEK = (
    "Не работает принтер",
    "印表機壞了，請派人來修理，謝謝",
    "Ο εκτυπωτής δεν λειτουργεί",
)

DECLARED = "11-html-meta-charset"


@pytest.mark.parametrize(
    ("name", "words"), [("cyrillic", "Не работает принтер"), ("big5", "印表機壞了")]
)
def test_html_is_read_in_its_own_declared_charset(name: str, words: str) -> None:
    assert words in of(DECLARED, name).text


@pytest.mark.parametrize(
    ("page", "charset", "text"),
    [
        ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=koi8-r">', "koi8-r", RUSSIAN),
        ("<meta charset='iso-8859-7'/>", "iso-8859-7", GREEK),
        ('<?xml version="1.0" encoding="big5"?>', "big5", BIG5),
        ("<meta charset=shift_jis>", "shift_jis", "プリンターが動きません"),
    ],
)
def test_html_charset_declarations_are_understood(page: str, charset: str, text: str) -> None:
    letter = said(
        f"<html>{page}<body>{text}</body></html>".encode(charset), Content_Type="text/html"
    )
    assert letter.text == text


def test_header_charset_overrides_html_charset() -> None:
    page = f'<meta charset="big5"><p>{RUSSIAN}</p>'.encode("cp1251")
    assert said(page, Content_Type="text/html; charset=windows-1251").text == RUSSIAN
    body = (
        b"--b\r\nContent-Type: text/plain; charset=windows-1251\r\n\r\n "
        b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>"
    )
    assert (
        said(
            body + RUSSIAN.encode("cp1251") + b"</p>", Content_Type="multipart/mixed; boundary=b"
        ).text
        == RUSSIAN
    )


def test_byte_order_mark_decides_charset() -> None:
    assert (
        said(
            base64.b64encode("\ufeff磁盘满了".encode("utf-16-le")),
            Content_Transfer_Encoding="base64",
        ).text
        == "磁盘满了"
    )


def test_raw_subject_is_read_in_charset_of_html_body() -> None:
    assert of(DECLARED, "header8bit").subject == RUSSIAN


@pytest.mark.parametrize(
    ("charset", "kind", "text"),
    [
        ("koi8-r", "text/plain; charset=koi8-r", RUSSIAN),
        ("big5", "text/plain; charset=big5", BIG5),
        ("iso-8859-7", "multipart/mixed; boundary=b", GREEK),
    ],
)
def test_raw_headers_and_file_names_are_read_in_body_charset(
    charset: str, kind: str, text: str
) -> None:
    raw = text.encode(charset)
    mail = (
        b"From: "
        + raw
        + b" <a@b.example>\r\nSubject: "
        + raw
        + b"\r\nContent-Type: "
        + kind.encode()
        + b"\r\n\r\n"
    )
    if "multipart" in kind:
        mail += b"--b\r\nContent-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n"
        mail += (
            raw
            + b'\r\n--b\r\nContent-Disposition: attachment; filename="'
            + raw
            + b'.pdf"\r\n\r\n1\r\n--b--\r\n'
        )
    letter = parse_message(mail + (raw if "multipart" not in kind else b""))
    assert (letter.subject, letter.sender_name, letter.text) == (text, text, text)
    assert names(letter) == ([text + ".pdf"] if "multipart" in kind else [])
