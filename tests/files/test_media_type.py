"""The type of a file is detected from its content, and its name is sanitized."""

import pytest

from gateway.files.media_type import (
    BINARY,
    MAX_NAME,
    TEXT,
    ZIP,
    MediaTypeSniffer,
    content_disposition,
    safe_name,
)


def media_type(content: bytes) -> str:
    sniffer = MediaTypeSniffer()
    sniffer.feed(content)
    return sniffer.type()


@pytest.mark.parametrize(("content", "kind"), [
    (b"\x89PNG\r\n\x1a\n....", "image/png"),
    (b"\xff\xd8\xff\xe0", "image/jpeg"),
    (b"GIF89a;", "image/gif"),
    (b"%PDF-1.7", "application/pdf"),
    (b"PK\x03\x04 a.txt", ZIP),
    (b"PK\x03\x04 [Content_Types].xml xl/workbook.xml",
     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"", TEXT),
    ("磁盘已满\r\n".encode(), TEXT),
    (b"<html><script>alert(1)</script>", TEXT),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", TEXT),
    (b"MZ\x90\x00", BINARY),
    (b"\xff\xfeh\x00i\x00", BINARY),
    (b"text\x1b[31m", BINARY),
])  # fmt: skip
def test_file_type_is_detected_from_content(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\log.txt", "log.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("..", "file"),
        ("/", "file"),
        ("\x00\u202egnp.exe", "gnp.exe"),
        ("报告.pdf", "报告.pdf"),
        ("a" * 1000, "a" * MAX_NAME),
    ],
)
def test_file_name_is_sanitized(given: str, name: str) -> None:
    assert safe_name(given) == name


def test_file_name_is_escaped_in_content_disposition() -> None:
    assert (
        content_disposition('a";x="报\\.txt')
        == "attachment; filename=\"a__x____.txt\"; filename*=UTF-8''a%22%3Bx%3D%22%E6%8A%A5%5C.txt"
    )


def test_non_utf8_text_is_binary() -> None:
    assert media_type("磁盘已满".encode("gbk")) == BINARY
