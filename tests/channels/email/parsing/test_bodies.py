"""The text that a person wrote is read however their mail program encoded it.

A mail whose text cannot be read is attached whole.
"""

import base64
import quopri

import pytest

from gateway.channels.email.parsing.reading import WHOLE, parse_message
from tests.channels.email.parsing.bodies import names, of
from tests.channels.email.sample_mails import head, said
from tests.support.mails import read_case_mail

PDF = (
    b"Content-Type: application/pdf; name=order.pdf\r\nContent-Transfer-Encoding: "
    b"base64\r\n\r\naGVsbG8=\r\n"
)

NAMED = "10-body-part-with-a-name"


@pytest.mark.parametrize(
    ("name", "words"), [("mail", "The lift has been stuck"), ("mail2", "somebody is inside")]
)
def test_only_text_part_with_file_name_is_body(name: str, words: str) -> None:
    letter = of(NAMED, name)
    assert words in letter.text
    assert letter.enclosed == ()


def test_only_html_part_with_file_name_is_body() -> None:
    letter = said(b"<p>The lift is stuck</p>", Content_Type='text/html; name="mail.html"')
    assert (letter.text, letter.enclosed) == ("The lift is stuck", ())


def test_alternatives_with_file_names_are_body() -> None:
    body = (
        b"--b\r\nContent-Type: text/plain; name=body.txt\r\n\r\nStuck again\r\n"
        b"--b\r\nContent-Type: text/html; name=body.html\r\n\r\n<p>Stuck again</p>\r\n--b--\r\n"
    )
    letter = said(body, Content_Type="multipart/alternative; boundary=b")
    assert (letter.text, letter.enclosed) == ("Stuck again", ())


def test_first_text_part_is_body_and_later_named_parts_are_attachments() -> None:
    body = (
        b"--b\r\nContent-Type: text/plain; name=body.txt\r\n\r\nStuck again\r\n"
        b"--b\r\nContent-Type: text/plain; name=error.log\r\n\r\nE42\r\n--b\r\n"
        + PDF
        + b"--b--\r\n"
    )
    letter = said(body, Content_Type="multipart/mixed; boundary=b")
    assert (letter.text, names(letter)) == ("Stuck again", ["error.log", "order.pdf"])


def test_text_part_with_attachment_disposition_is_attachment() -> None:
    letter = said(
        b"E42", Content_Type="text/plain; name=error.log", Content_Disposition="attachment"
    )
    assert (letter.text, names(letter)) == ("", ["error.log"])


def test_long_named_text_is_also_attached() -> None:
    assert names(said(b"x\r\n" * 20_000, Content_Type="text/plain; name=error.log")) == [
        "error.log"
    ]


def encoded(text: str) -> bytes:
    return base64.b64encode(text.encode())


FOOTER = "_______________\r\nThis list is public\r\nleave it any time"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            encoded("The lift is stuc") + b"\r\n" + encoded("k on floor 3."),
            "The lift is stuck on floor 3.",
        ),
        (encoded("电梯停") + encoded("了") + b"\r\n" + encoded("，三楼"), "电梯停了，三楼"),
        (b"\r\n".join(encoded(one) for one in ("a", "bc", "def")), "abcdef"),
        (
            encoded("Stuck.") + b"\r\n\r\n" + FOOTER.encode(),
            "Stuck.\n" + FOOTER.replace("\r\n", "\n"),
        ),
        (
            encoded("Stuck again") + b"\r\nScanned by example.com for viruses.\r\n",
            "Stuck again\nScanned by example.com for viruses.",
        ),
        ("[外部邮件] 请注意\r\n".encode() + encoded("电梯停了"), "[外部邮件] 请注意\n电梯停了"),
        (b"Nobody encoded this at all.\r\nNot a bit.", "Nobody encoded this at all.\nNot a bit."),
        (b"VGhl!!IGxp#ZnQ=", "The lift"),
    ],
)
def test_base64_body_in_pieces_or_with_plain_text_around_is_decoded(body: bytes, text: str) -> None:
    letter = said(
        body, Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding="base64"
    )
    assert (letter.text, letter.unread) == (text, False)


def test_text_after_base64_attachment_is_not_part_of_file() -> None:
    body = base64.b64encode(b"%PDF-1 hello") + b"\r\n\r\nThis mail was checked by nobody."
    (file,) = said(
        body, Content_Type="application/pdf", Content_Transfer_Encoding="base64"
    ).enclosed
    assert file.content == b"%PDF-1 hello"


ASKED = "08-subject-question-mark"


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("mail", "Vertrag 4711: Möchten Sie Ihre Adresse ändern?"),
        ("mail2", "Wie geht das mit der Prüfung?"),
    ],
)
def test_question_mark_inside_encoded_word_is_kept(name: str, subject: str) -> None:
    assert of(ASKED, name).subject == subject


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        ("=?utf-8?Q?Why?_And_how??=", "Why? And how?"),
        ("=?utf-8?Q?a?=3Db_=C3=BC?=", "a?=b ü"),
        ("=?utf-8?Q?one??= =?utf-8?Q?_two??=", "one? two?"),
        ("=?utf-8?B?55S15qKv?= and =?utf-8?Q?=C3=BC?=", "电梯 and ü"),
        ("=?utf-8?B?55S15qKv5YGc5LqG", "电梯停了"),
        ("what =? is this?=", "what =? is this?="),
    ],
)
def test_malformed_encoded_words_in_subject_are_decoded(raw: str, subject: str) -> None:
    assert said(b"", Subject=raw).subject == subject


@pytest.mark.parametrize(
    ("fields", "text", "files"),
    [
        ({"Content_Type": "=?utf-8?Q?text/plain;_charset=3Dgb2312?="}, "电梯停了", []),
        ({"Content_Type": "=?us-ascii?B?dGV4dC9wbGFpbjsgY2hhcnNldD1nYjIzMTI=?="}, "电梯停了", []),
        ({"Content_Type": "text/plain; charset==?utf-8?Q?gb2312?="}, "电梯停了", []),
        (
            {
                "Content_Type": "text/x-log",
                "Content_Disposition": "attachment; filename==?gbk?B?tefM3S50eHQ=?=",
            },
            "",
            ["电梯.txt"],
        ),
        (
            {"Content_Type": 'text/x-log; name="=?utf-8?Q?=E7=94=B5=E6=A2=AF?.txt?="'},
            "",
            ["电梯?.txt"],
        ),
        ({"Content_Type": "text/x-log; name=\"utf-8''%E7%94%B5%E6%A2%AF.txt\""}, "", ["电梯.txt"]),
    ],
)
def test_encoded_part_headers_are_decoded(
    fields: dict[str, str], text: str, files: list[str]
) -> None:
    letter = said("电梯停了".encode("gb2312"), **fields)
    assert (letter.text, names(letter)) == (text, files)


@pytest.mark.parametrize(
    "name", ["=?utf-8?Q?base64?=", '"base64"', "Base64 (as always)", "base64;", "base-64"]
)
def test_unusual_base64_encoding_name_is_understood(name: str) -> None:
    assert said(encoded("Stuck."), Content_Transfer_Encoding=name).text == "Stuck."


@pytest.mark.parametrize("name", ["8-bit", "'7bit'", "Quoted-Printable"])
def test_plain_text_is_unchanged_by_declared_encoding(name: str) -> None:
    letter = said(b"Stuck.", Content_Transfer_Encoding=name)
    assert (letter.text, letter.unread) == ("Stuck.", False)


def test_unencoded_multipart_with_declared_encoding_is_split() -> None:
    named = WITHIN.replace("order.pdf", '"a=3Db.pdf"')
    letter = parse_message(
        head(
            Content_Type="multipart/mixed; boundary=B", Content_Transfer_Encoding="quoted-printable"
        )
        + named.encode()
    )
    assert (letter.text, names(letter)) == ("Order 4711 hangs in SAP.", ["a=3Db.pdf"])


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("text/markdown", b"Stuck *again*"),
        ("text/enriched", b"Stuck <bold>*again*</bold>"),
        ("text/x-unknown", b"Stuck *again*"),
    ],
)
def test_other_text_type_is_body_only_without_plain_text(kind: str, sent: bytes) -> None:
    letter = said(sent, Content_Type=kind)
    assert (letter.text, letter.enclosed) == ("Stuck *again*", ())
    both = (
        b"--b\r\n\r\nthe words\r\n--b\r\nContent-Type: "
        + kind.encode()
        + b"\r\n\r\n"
        + sent
        + b"\r\n--b--\r\n"
    )
    letter = said(both, Content_Type="multipart/mixed; boundary=b")
    assert (letter.text, len(letter.enclosed)) == ("the words", 1)


@pytest.mark.parametrize("kind", ["text/calendar", "text/vcard", "text/csv"])
def test_calendar_vcard_and_csv_parts_are_attachments(kind: str) -> None:
    letter = said(b"BEGIN:X", Content_Type=kind)
    assert (letter.text, len(letter.enclosed)) == ("", 1)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\r\n", b"\n", b"\xef\xbb\xbf\r\n"])
def test_bytes_before_header_are_removed_and_reported(before: bytes) -> None:
    letter = parse_message(before + head(Subject="Stuck") + b"again")
    assert (letter.subject, letter.text) == ("Stuck", "again")
    assert [one.what for one in letter.mended] == ["what stood before the head was taken off"]


WITHIN = (
    "--B\nContent-Type: text/plain; charset=utf-8\n\nOrder 4711 hangs in SAP.\n--B\n"
    + PDF.decode()
    + "--B--\n"
)


@pytest.mark.parametrize(
    "mail",
    [
        read_case_mail("13-multipart-in-base64", "mail"),
        head(
            Content_Type="multipart/mixed; boundary=B", Content_Transfer_Encoding="quoted-printable"
        )
        + quopri.encodestring(WITHIN.replace("--B", "--=B").encode()).replace(
            b"boundary=B", b"boundary==B"
        ),
        head(
            Content_Type="multipart/mixed; boundary=B", Content_Transfer_Encoding="quoted-printable"
        )
        + quopri.encodestring(WITHIN.encode()),
        head(Content_Type="multipart/mixed; boundary=other") + WITHIN.encode(),
        head(Content_Type="multipart/mixed") + b"This is a mail of parts.\n" + WITHIN.encode(),
        head(Content_Type="multipart/mixed", Content_Transfer_Encoding="base64")
        + base64.encodebytes(WITHIN.encode()),
    ],
)
def test_encoded_multipart_or_wrong_boundary_is_split(mail: bytes) -> None:
    letter = parse_message(mail)
    assert (letter.text, names(letter)) == ("Order 4711 hangs in SAP.", ["order.pdf"])
    assert letter.enclosed[0].content == b"hello"


SEALED = (
    b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: "
    b"image/png\r\n\r\nx\r\n"
)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"Content_Transfer_Encoding": "x-uuencode"}, b"begin 644 a.txt\r\n#0V%T\r\n`\r\nend"),
        ({"Content_Type": "multipart/encrypted; boundary=b"}, SEALED),
        ({"Content_Type": "application/pkcs7-mime; name=smime.p7m"}, b"MIIB"),
        ({"Content_Transfer_Encoding": "base64"}, b"=!=!="),
        ({"Content_Type": "text/plain; charset=utf-16"}, b"\x00\xd8" * 40),
    ],
)
def test_unreadable_mail_is_attached_whole(fields: dict[str, str], body: bytes) -> None:
    mail = head(**fields) + body
    letter = parse_message(mail)
    assert letter.unread
    assert (letter.enclosed[0].name, letter.enclosed[0].content) == (WHOLE, mail)
    assert parse_message(mail, max_file=5).enclosed[0].content is None


def test_key_is_masked_in_attached_mail() -> None:
    mail = (
        head(To="in+gwk_12_abcdefgh-ij@gw.example", Content_Type="application/pkcs7-mime") + b"MIIB"
    )
    assert b"To: in+***@gw.example\r\n" in (parse_message(mail).enclosed[0].content or b"")


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({}, b""),
        ({"Content_Type": "text/html"}, b"<html><img src='cid:1'></html>"),
        ({"Content_Type": "image/png"}, b"PNG"),
    ],
)
def test_mail_without_text_counts_as_read(fields: dict[str, str], body: bytes) -> None:
    assert not said(body, **fields).unread
