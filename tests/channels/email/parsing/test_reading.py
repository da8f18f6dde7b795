"""The header, text and attachments of a mail are read however its sender encoded them."""

import base64
import random
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.parsing.letter import WriterKind
from gateway.channels.email.parsing.reading import parse_message
from gateway.errors import Malformed
from tests.channels.email.sample_mails import a_mail, encoded, head, said

CHINESE, JAPANESE, FRENCH = (
    "磁盘满了，请尽快处理",
    "ディスクがいっぱいです",
    "Le disque est plein, merci d'avance, Zoé",
)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("gb2312", CHINESE), ("GBK", CHINESE + "镕"), ("gb18030", CHINESE + "𠮷"),
        ("hz-gb-2312", "磁盘满了"), ("big5", "磁碟滿了"), ("iso-2022-jp", JAPANESE),
        ("Shift_JIS", JAPANESE), ("euc-jp", JAPANESE), ("euc-kr", "디스크"), ("iso-8859-1", FRENCH),
        ("windows-1252", "it’s “full”"), ("koi8-r", "диск полон"), ("utf-8", CHINESE),
        ("utf-16", CHINESE), ("utf-7", CHINESE),
    ],
)  # fmt: skip
def test_declared_charset_applies_to_text_and_subject(charset: str, text: str) -> None:
    codec = {"hz-gb-2312": "hz", "windows-1252": "cp1252"}.get(charset, charset)
    word = f"=?{charset}?B?{base64.b64encode(text.encode(codec)).decode()}?="
    letter = said(
        base64.b64encode(text.encode(codec)),
        Subject=word,
        Content_Type=f"text/plain; charset={charset}",
        Content_Transfer_Encoding="base64",
    )
    assert (letter.subject, letter.text) == (text, text)


@pytest.mark.parametrize(
    ("declared", "actual", "text"),
    [
        ("utf-8", "gbk", CHINESE), ("us-ascii", "gb18030", CHINESE), ("gb2312", "utf-8", CHINESE),
        ("iso-8859-1", "utf-8", CHINESE),
        ("iso-8859-1", "iso-2022-jp", JAPANESE), ("", "gbk", CHINESE),
        ("", "iso-2022-jp", JAPANESE), ("", "cp1252", FRENCH), ("x-unknown", "utf-8", FRENCH),
        ("punycode", "utf-8", CHINESE), ("idna", "gbk", CHINESE), ("gb2312", "gbk", "镕基"),
    ],
)  # fmt: skip
def test_wrong_or_missing_charset_is_detected(declared: str, actual: str, text: str) -> None:
    letter = said(
        text.encode(actual),
        Content_Type=f"text/plain; charset={declared}" if declared else "text/plain",
    )
    assert letter.text == text


def test_ambiguous_gbk_text_is_read_as_declared() -> None:
    text = "一"
    assert said(text.encode("gbk"), Content_Type="text/plain; charset=gbk").text == text
    assert text.encode("gbk").decode() != text


def test_adjacent_encoded_words_are_joined_before_decoding() -> None:
    halves = CHINESE.encode()[:4], CHINESE.encode()[4:]
    words = "\r\n ".join(f"=?UTF-8?B?{base64.b64encode(half).decode()}?=" for half in halves)
    assert said(b"", Subject="Re: " + words).subject == "Re: " + CHINESE
    assert (
        said(b"", Subject="=?utf-8?Q?a_b=20c?= and =?iso-8859-1*en?q?d=E9?=").subject
        == "a b c and dé"
    )
    assert said(b"", Subject="plain =?broken").subject == "plain =?broken"
    assert (
        parse_message(
            b"From: a@b.example\r\nSubject: " + CHINESE.encode("gbk") + b"\r\n\r\n"
        ).subject
        == CHINESE
    )


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('attachment; filename="disk.log"', "disk.log"),
        ("attachment; filename*=UTF-8''%E7%A3%81%E7%9B%98.log", "磁盘.log"),
        (
            "attachment; filename*0*=gb18030''%B4%C5; filename*1*=%C5%CC; filename*2=.log",
            "磁盘.log",
        ),
        (f'attachment; filename="{encoded("磁盘.log", "gb2312")}"', "磁盘.log"),
        ("attachment; filename=a b.log", "a b.log"),
        (r'attachment; filename="a\"b.log"', 'a"b.log'),
        ("attachment; filename=../../etc/passwd", "../../etc/passwd"),
        ("attachment", "application-1"),
    ],
)
def test_attachment_keeps_sender_file_name(field: str, name: str) -> None:
    letter = said(
        b"AAEC",
        Content_Type="application/octet-stream",
        Content_Disposition=field,
        Content_Transfer_Encoding="base64",
    )
    ((file,), text) = letter.enclosed, letter.text
    assert (file.name, file.content, file.size, text) == (name, b"\0\1\2", 3, "")


def nested() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = (
        '"Zhang, San" <San@Example.com>',
        "in@gw.example, Bob <bob@x.example>",
        "s",
    )
    mail.set_content("plain words")
    mail.add_alternative("<p>html <b>words</b></p>", subtype="html")
    page = list(mail.iter_parts())[1]
    assert isinstance(page, EmailMessage)
    page.add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<logo>")
    mail.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="报告.pdf")
    mail.add_attachment(EmailMessage(policy=SMTP))
    return mail.as_bytes()


def test_nested_parts_yield_plain_text_and_all_attachments() -> None:
    letter = parse_message(nested())
    assert (letter.text, letter.sender, letter.sender_name) == (
        "plain words",
        "san@example.com",
        "Zhang, San",
    )
    assert letter.people == ("in@gw.example", "bob@x.example")
    assert [file.name for file in letter.enclosed] == ["image-1.png", "报告.pdf", "mail-3.eml"]


def test_attachments_beyond_limits_are_listed_without_content() -> None:
    letter = parse_message(nested(), max_file=7, max_files=1)
    assert [(file.name, file.content) for file in letter.enclosed] == [
        ("image-1.png", None),
        ("报告.pdf", b"%PDF-1"),
        ("mail-3.eml", None),
    ]
    assert letter.enclosed[0].size == 8


def test_html_becomes_text_even_when_nested_too_deep() -> None:
    page = (
        "<html><head><style>p{}</style><script>bad()</script></head><body><p>Disk &amp; "
        "memory</p><ul><li>one</ul></body>"
    )
    assert [
        line.strip()
        for line in said(page.encode(), Content_Type="text/html").text.splitlines()
        if line.strip()
    ] == [
        "Disk & memory",
        "* one",
    ]
    deep = "<div>" * 5_000 + "still here" + "</div>" * 5_000
    assert said(deep.encode(), Content_Type="text/html; charset=utf-8").text == "still here"


def test_empty_plain_part_falls_back_to_html() -> None:
    body = b"--x\r\n\r\n \r\n--x\r\nContent-Type: text/html\r\n\r\n<p>words</p>\r\n--x--\r\n"
    assert said(body, Content_Type="multipart/alternative; boundary=x").text == "words"


def test_flowed_lines_are_joined() -> None:
    assert (
        said(b"one \r\ntwo\r\n> q \r\n", Content_Type="text/plain; format=flowed").text
        == "one two\n> q"
    )


def test_missing_boundary_loses_no_text() -> None:
    assert said(b"--x\r\n\r\nwords", Content_Type="multipart/mixed; boundary=x").text == "words"
    assert said(b"words", Content_Type='multipart/mixed; boundary="y"').text == "words"
    assert said(b"words", Content_Type="multipart/mixed").text == "words"
    assert (
        said(
            b"--xy\r\nno\r\n--x\r\n\r\nyes\r\n--x--\r\nafter",
            Content_Type="multipart/mixed; boundary=x",
        ).text
        == "yes"
    )


def test_header_gives_message_id_thread_and_date() -> None:
    letter = said(
        b"",
        Message_ID="<3@x>",
        In_Reply_To="<2@x>",
        References="<1@x>\r\n <2@x>",
        Date="Mon, 2 Mar 2026 20:00:00 +0800",
    )
    assert (letter.message_id, letter.thread) == ("3@x", ("2@x", "1@x"))
    assert letter.sent_at is not None
    assert letter.sent_at.isoformat() == "2026-03-02T12:00:00+00:00"
    assert said(b"", Date="soon", Message_ID="bare@x").sent_at is None
    assert said(b"", Message_ID="bare@x").message_id == "bare@x"


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ('"boss@example.com" <eve@evil.example>', "eve@evil.example"),
        ("eve@evil.example (boss@example.com)", "eve@evil.example"),
        ('"no end <ann@example.com>', "ann@example.com"),
        ("undisclosed-recipients:;", ""),
        ("Ann", ""),
        (f"{encoded('张三 <boss@example.com>', 'utf-8')} <ann@example.com>", "ann@example.com"),
    ],
)
def test_sender_is_address_and_not_display_name(field: str, address: str) -> None:
    assert said(b"", From=field).sender == address


@pytest.mark.parametrize(
    ("fields", "envelope", "nature"),
    [
        ({}, None, WriterKind.PERSON),
        ({"Auto_Submitted": "no"}, "ann@example.com", WriterKind.PERSON),
        ({"Auto_Submitted": "auto-generated"}, None, WriterKind.MACHINE),
        ({}, "", WriterKind.MACHINE),
        ({}, "<>", WriterKind.MACHINE),
        ({"Return_Path": "<>"}, "ann@example.com", WriterKind.MACHINE),
        ({"From": "no-reply@example.com"}, None, WriterKind.PERSON),
        ({"Auto_Submitted": "auto-replied (vacation)"}, None, WriterKind.AUTO_REPLY),
        ({"Subject": "Automatic reply: help"}, None, WriterKind.PERSON),
        ({"Subject": "自动回复: help"}, None, WriterKind.PERSON),
        ({"X_Autoreply": "yes"}, None, WriterKind.AUTO_REPLY),
        ({"Precedence": "bulk"}, None, WriterKind.MACHINE),
        ({"List_Id": "<ops.example.com>"}, None, WriterKind.LIST),
        ({"List_Post": "<mailto:ops@example.com>"}, None, WriterKind.LIST),
        ({"From": "MAILER-DAEMON@example.com"}, None, WriterKind.PERSON),
        ({"From": "postmaster@example.com"}, None, WriterKind.PERSON),
        ({"X_Failed_Recipients": "ann@example.com"}, None, WriterKind.BOUNCE),
        (
            {"Content_Type": "multipart/report; report-type=delivery-status"},
            None,
            WriterKind.BOUNCE,
        ),
    ],
)
def test_nature_of_mail_is_derived_from_header(
    fields: dict[str, str], envelope: str | None, nature: WriterKind
) -> None:
    assert parse_message(head(**fields), envelope).nature is nature


@pytest.mark.parametrize(
    ("envelope", "null"),
    [("", True), ("<>", True), (" <> ", True), ("a@b.example", False), (None, False)],
)
def test_null_sender_is_recognized_in_all_notations(envelope: str | None, null: bool) -> None:
    assert parse_message(head(), envelope).null_sender is null


BOMBS = {
    "no mail": b"\xff\xfe\0\0",
    "nothing": b" \r\n",
    "a head without end": b"X: " + b"a" * 300_000,
    "many parts": head(Content_Type="multipart/mixed; boundary=x") + b"--x\r\n\r\na\r\n" * 20_000,
    "many empty parts": head(Content_Type="multipart/mixed; boundary=x") + b"--x\n" * 100_000,
    "deep parts": head(Content_Type="multipart/mixed; boundary=b0")
    + b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
        for n in range(1_000)
    ),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(10)  # quadratic time in the length would take minutes
def test_non_mail_or_oversized_mail_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        parse_message(BOMBS[name])


@pytest.mark.parametrize(("depth", "text"), [(15, "words"), (25, None)])
def test_parts_nested_beyond_limit_are_malformed(depth: int, text: str | None) -> None:
    body = b"words"
    for level in range(depth):
        body = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) + (
            body if level else b"\r\n" + body
        )
    if text is not None:
        assert parse_message(b"From: a@b.example\r\n" + body).text == text
        return
    with pytest.raises(Malformed, match="nested deeper"):
        parse_message(b"From: a@b.example\r\n" + body)


HEAVY = {
    "encoded words": head(Subject="=?utf-8?b?4pyT?= " * 14_000),
    "folded lines": b"From: a@b.example\r\nSubject: x" + b"\r\n " * 60_000 + b"\r\n\r\n",
    "quotes": b"".join(
        name + b': "' + b'\\"' * 20_000 + b" <a@b.example>\r\n"
        for name in (b"From", b"Reply-To", b"To", b"Content-Type", b"Content-Disposition")
    )
    + b"\r\n",
    "brackets": b"From: " + b"<(" * 60_000 + b"\r\n\r\n",
    "parameters": head(Content_Type="text/plain" + "; a*0*=b" * 20_000),
    "open tags": head(Content_Type="text/html") + b"<table><tr><td>" * 60_000,
    "ids": head(References="<a@b> " * 40_000),
    "quoted printable": head(Content_Transfer_Encoding="quoted-printable") + b"=\r\n=" * 300_000,
    "base64": head(Content_Transfer_Encoding="base64") + b"QUJD\r\n" * 300_000,
    "fields": b"From: a@b.example\r\n" + b"X: y\r\n" * 40_000 + b"\r\n",
}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.timeout(10)
def test_hostile_mail_is_read_in_linear_time(name: str) -> None:
    letter = parse_message(HEAVY[name])
    assert len(letter.subject) <= 1_024
    assert len(letter.text) <= 262_144
    assert len(letter.thread) <= 100


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", a_mail(), nested(), HEAVY["parameters"][:5_000]]),
    st.integers(),
)
def test_any_bytes_are_read_as_storable_text_or_malformed(
    data: bytes, mail: bytes, seed: int
) -> None:
    at = random.Random(seed).randrange(len(mail) + 1)
    try:
        letter = parse_message(mail[:at] + data + mail[at:])
    except Malformed:
        return
    for text in (
        letter.subject,
        letter.text,
        letter.sender_name,
        letter.message_id,
        *(file.name for file in letter.enclosed),
    ):
        assert "\0" not in text
        text.encode()
