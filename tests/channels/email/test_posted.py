"""Mail is read from the forms that mail services post; other bodies are refused with a reason."""

from urllib.parse import quote

import msgspec
import pytest

from gateway.channels.email.amazon.ses import parse_notification
from gateway.channels.email.parsing import body
from gateway.channels.email.parsing.authentication import (
    SERVICE,
    AuthenticationCheck,
    AuthenticationResults,
    SenderCheck,
    sender_check,
)
from gateway.channels.email.parsing.reading import parse_message
from gateway.channels.email.posted import DeliveredMail, FileLimits, form, parse_mail
from gateway.errors import Malformed
from gateway.ingest.mime.headers import split_head
from tests.channels.email.sample_mails import a_mail
from tests.channels.email.sample_mails import head as written

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
NUMBER = "a number that is none, or too large, was left out"


@pytest.mark.parametrize(
    ("kind", "sent", "says"),
    [
        (MULTIPART, b"", "no fields"),
        (FORM, b"a=1&" * 2_000, "cannot be read"),
        (FORM, b"a=1", "none that a known mail service posts"),
        ("application/json", b"{}", "neither From nor Headers"),
    ],
)
def test_unknown_mail_form_is_malformed_with_reason(kind: str, sent: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        parse_mail(DeliveredMail(kind, sent), FileLimits())


def test_postmark_raw_email_is_read() -> None:
    posted = msgspec.json.encode(
        {"RawEmail": a_mail(subject="disk full").decode(), "OriginalRecipient": "ops@example.com"}
    )
    letter = parse_mail(DeliveredMail("application/json", posted), FileLimits())
    assert (letter.subject, letter.recipients) == ("disk full", ("ops@example.com",))


def told(posted: DeliveredMail) -> dict[str, str]:
    return {one.pointer: one.what for one in parse_mail(posted, FileLimits()).mended}


def test_unreadable_form_field_is_left_out() -> None:
    letter = parse_mail(
        DeliveredMail(
            FORM, b"headers=From%3A+a%40b.example&text=disk+full&charsets=nonsense&envelope=%7B"
        ),
        FileLimits(),
    )
    assert (letter.sender, letter.text) == ("a@b.example", "disk full")
    assert {one.pointer for one in letter.mended} == {"/charsets", "/envelope"}
    letter = parse_mail(
        DeliveredMail(FORM, b"from=a%40b.example&subject=x&body-plain=y&message-headers=%5B1"),
        FileLimits(),
    )
    assert (letter.sender, letter.subject, [one.pointer for one in letter.mended]) == (
        "a@b.example",
        "x",
        ["/message-headers"],
    )


def test_non_utf8_form_text_is_decoded_and_reported() -> None:
    other = "bytes that are no UTF-8 were read in the charset that they look like"
    sent = DeliveredMail(FORM, b"from=a%40b.example&subject=B%FCro+im+Haus&body-plain=a%00b")
    letter = parse_mail(sent, FileLimits())
    assert (letter.subject, letter.text) == ("Büro im Haus", "ab")
    assert told(sent) == {"/body-plain": "NUL characters were left out", "/subject": other}
    sent = DeliveredMail(
        FORM,
        b"headers=From%3A+a%40b.example&text=B%FCro&charsets="
        + quote('{"text":"iso-8859-1"}').encode(),
    )
    assert (parse_mail(sent, FileLimits()).text, told(sent)) == ("Büro", {})
    marked = b"\xef\xbb\xbf" + b'{"from":"b@c.example"}'
    sent = DeliveredMail(
        FORM, b"headers=From%3A+a%40b.example&text=x&envelope=" + quote(marked).encode()
    )
    assert told(sent) == {"/envelope": "a byte order mark was taken off"}


@pytest.mark.parametrize(
    ("body", "subject", "what"),
    [
        (b'\xef\xbb\xbf{"From":"a@b.example","Subject":"x"}', "x",
         {"": "a byte order mark was taken off"}),
        ('{"From":"a@b.example","Subject":"Büro"}'.encode("latin-1"), "Büro",
         {"": "read as Latin-1"}),
        (b'{"From":"a@b.example","Subject":"x","Score":NaN}', "x", {"/Score": NUMBER}),
        (b'{"From":"a@b.example","Subject":"x","TextBody":null}', "x",
         {"/TextBody": "left out: it cannot be read"}),
        (b'{"From":"a@b.example","Subject":7}', "7", {"/Subject": "read as text"}),
    ],
)  # fmt: skip
def test_postmark_json_is_mended(body: bytes, subject: str, what: dict[str, str]) -> None:
    sent = DeliveredMail("application/json", body)
    assert (parse_mail(sent, FileLimits()).subject, told(sent)) == (subject, what)
    halves = b'{"From":"a@b.example","Subject":"half \\ud83d\\u0000"}'
    assert told(DeliveredMail("application/json", halves)) == {
        "/Subject": "characters that cannot be kept were replaced by U+FFFD"
    }
    raw = b"\xef\xbb\xbf" + msgspec.json.encode({"RawEmail": a_mail(subject="disk full").decode()})
    assert told(DeliveredMail("application/json", raw)) == {"": "a byte order mark was taken off"}


def test_invalid_date_is_left_out() -> None:
    assert told(DeliveredMail("message/rfc822", written(Date="the day before") + b"x")) == {
        "/date": "left out: it is no date"
    }
    assert told(DeliveredMail("message/rfc822", a_mail())) == {}


def postmark(**more: object) -> DeliveredMail:
    return DeliveredMail(
        "application/json",
        msgspec.json.encode({"From": "system@corp.example", "Subject": "failure notice"} | more),
    )


def ses(source: str, dmarc: str = "") -> DeliveredMail:
    told = {
        "notificationType": "Received",
        "mail": {"messageId": "1", "source": source},
        "content": a_mail().decode(),
    }
    receipt = {"action": {"type": "SNS", "encoding": "UTF8"}, "recipients": ["desk@example.com"]}
    receipt |= {"dmarcVerdict": {"status": dmarc}}
    return parse_notification(msgspec.json.encode(told | {"receipt": receipt}).decode(), ()).posted


SENDGRID = "headers=From%3A+s%40corp.example%0A&text=x&envelope="
NULL_SENDERS = {
    "the listener": DeliveredMail("message/rfc822", a_mail(), ""),
    "the listener, as aiosmtpd gives it": DeliveredMail("message/rfc822", a_mail(), "<>"),
    "a message as it is, a mailbox of another server": DeliveredMail(
        "message/rfc822", a_mail(Return_Path="<>")
    ),
    "Mailgun": DeliveredMail(FORM, b"from=s%40corp.example&subject=x&body-plain=x&sender="),
    "Mailgun, with its brackets": DeliveredMail(
        FORM, b"from=s%40corp.example&subject=x&body-plain=x&sender=%3C%3E"
    ),
    "Mailgun, a whole message": DeliveredMail(
        FORM, b"recipient=x&sender=&body-mime=" + quote(a_mail()).encode()
    ),
    "SendGrid": DeliveredMail(
        FORM, (SENDGRID + quote('{"from": "", "to": ["desk@example.com"]}')).encode()
    ),
    "SendGrid, with its brackets": DeliveredMail(
        FORM, (SENDGRID + quote('{"from": "<>", "to": ["desk@example.com"]}')).encode()
    ),
    "Postmark": postmark(Headers=[{"Name": "Return-Path", "Value": "<>"}]),
    "Postmark, a whole message": postmark(RawEmail=a_mail(Return_Path="<>").decode()),
    "Amazon SES": ses(""),
    "Amazon SES, with its brackets": ses("<>"),
}


@pytest.mark.parametrize("way", NULL_SENDERS)
def test_null_sender_is_recognized_on_every_route(way: str) -> None:
    assert parse_mail(NULL_SENDERS[way], FileLimits()).null_sender


@pytest.mark.parametrize(
    "posted",
    [
        DeliveredMail("message/rfc822", a_mail(), "ann@example.com"),
        DeliveredMail(FORM, b"from=s%40corp.example&subject=x&body-plain=x"),
        DeliveredMail(FORM, (SENDGRID + quote('{"to": ["desk@example.com"]}')).encode()),
        postmark(),
        ses("ann@example.com"),
    ],
)
def test_missing_envelope_sender_is_not_null_sender(posted: DeliveredMail) -> None:
    assert not parse_mail(posted, FileLimits()).null_sender


@pytest.mark.parametrize("whole", [False, True])
def test_sendgrid_dkim_result_becomes_stamp(whole: bool) -> None:
    fields = (
        b"email=" + quote(a_mail()).encode()
        if whole
        else b"headers=From%3A+ann%40example.com%0A&text=x"
    )
    letter = parse_mail(
        DeliveredMail(FORM, fields + b"&dkim=" + quote("{@example.com : pass}").encode()),
        FileLimits(),
    )
    assert letter.stamps == (
        AuthenticationResults(SERVICE, (AuthenticationCheck("dkim", "pass", "example.com"),)),
    )
    assert (
        sender_check(letter.authors, letter.stamps, (), by_service=True)
        is SenderCheck.AUTHENTICATED
    )


@pytest.mark.parametrize(
    ("verdict", "check"),
    [
        ("PASS", SenderCheck.AUTHENTICATED),
        ("FAIL", SenderCheck.FAILED),
        ("GRAY", SenderCheck.UNKNOWN),
    ],
)
def test_ses_dmarc_verdict_applies_to_author(verdict: str, check: SenderCheck) -> None:
    letter = parse_mail(ses("x@bounces.example", verdict), FileLimits())
    assert sender_check(letter.authors, letter.stamps, (), by_service=True) is check


def test_only_short_form_fields_are_returned_for_signature_check() -> None:
    assert form(DeliveredMail(FORM, b"token=t&long=" + b"x" * 2_000)) == {"token": "t"}


def test_too_large_header_is_malformed() -> None:
    with pytest.raises(Malformed, match="a head of more than"):
        split_head(b"X: " + b"a" * 300_000, top=True)


def test_too_many_nested_parts_are_malformed() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\na\r\n" * 150
    outer = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" + inner
    outer += b"--c\r\n\r\na\r\n" * 200
    with pytest.raises(Malformed, match="parts"):
        parse_message(outer)


def test_html_unreadable_by_parser_loses_only_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> str:
        raise ValueError("a foreign library gives up")

    monkeypatch.setattr(body, "get_text", broken)
    assert body.html_to_text("<p>disk <b>full</b></p>").split() == ["disk", "full"]


def test_mbox_from_line_is_not_header() -> None:
    assert (
        parse_message(b"From ann Mon Mar  2 12:00:00 2026\n" + a_mail(subject="disk full")).subject
        == "disk full"
    )
