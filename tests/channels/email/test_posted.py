"""Forms of mail services read by themselves: what is none of theirs is refused with a reason."""

from urllib.parse import quote

import msgspec
import pytest

from gateway.channels.email.amazon.ses import received
from gateway.channels.email.parsing import body
from gateway.channels.email.parsing.authentication import SERVICE, Check, SenderCheck, Stamp, sender_check
from gateway.channels.email.parsing.reading import read
from gateway.channels.email.posted import Kept, Posted, form, understood
from gateway.errors import Malformed
from gateway.ingest.mime.headers import head
from tests.channels.email.writing import a_mail
from tests.channels.email.writing import head as written

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
        understood(Posted(kind, sent), Kept())


def test_postmark_raw_email_is_read() -> None:
    posted = msgspec.json.encode({"RawEmail": a_mail(subject="disk full").decode(), "OriginalRecipient": "ops@example.com"})
    letter = understood(Posted("application/json", posted), Kept())
    assert (letter.subject, letter.recipients) == ("disk full", ("ops@example.com",))


def told(posted: Posted) -> dict[str, str]:
    return {one.pointer: one.what for one in understood(posted, Kept()).mended}


def test_unreadable_form_field_is_left_out() -> None:
    letter = understood(Posted(FORM, b"headers=From%3A+a%40b.example&text=disk+full&charsets=nonsense&envelope=%7B"), Kept())
    assert (letter.sender, letter.text) == ("a@b.example", "disk full")
    assert {one.pointer for one in letter.mended} == {"/charsets", "/envelope"}
    letter = understood(Posted(FORM, b"from=a%40b.example&subject=x&body-plain=y&message-headers=%5B1"), Kept())
    assert (letter.sender, letter.subject, [one.pointer for one in letter.mended]) == ("a@b.example", "x", ["/message-headers"])


def test_non_utf8_form_text_is_decoded_and_reported() -> None:
    other = "bytes that are no UTF-8 were read in the charset that they look like"
    sent = Posted(FORM, b"from=a%40b.example&subject=B%FCro+im+Haus&body-plain=a%00b")
    letter = understood(sent, Kept())
    assert (letter.subject, letter.text) == ("Büro im Haus", "ab")
    assert told(sent) == {"/body-plain": "NUL characters were left out", "/subject": other}
    sent = Posted(FORM, b"headers=From%3A+a%40b.example&text=B%FCro&charsets=" + quote('{"text":"iso-8859-1"}').encode())
    assert (understood(sent, Kept()).text, told(sent)) == ("Büro", {})
    marked = b"\xef\xbb\xbf" + b'{"from":"b@c.example"}'
    sent = Posted(FORM, b"headers=From%3A+a%40b.example&text=x&envelope=" + quote(marked).encode())
    assert told(sent) == {"/envelope": "a byte order mark was taken off"}


@pytest.mark.parametrize(
    ("body", "subject", "what"),
    [
        (b'\xef\xbb\xbf{"From":"a@b.example","Subject":"x"}', "x", {"": "a byte order mark was taken off"}),
        ('{"From":"a@b.example","Subject":"Büro"}'.encode("latin-1"), "Büro", {"": "read as Latin-1"}),
        (b'{"From":"a@b.example","Subject":"x","Score":NaN}', "x", {"/Score": NUMBER}),
        (b'{"From":"a@b.example","Subject":"x","TextBody":null}', "x", {"/TextBody": "left out: it cannot be read"}),
        (b'{"From":"a@b.example","Subject":7}', "7", {"/Subject": "read as text"}),
    ],
)  # fmt: skip
def test_postmark_json_is_mended(body: bytes, subject: str, what: dict[str, str]) -> None:
    sent = Posted("application/json", body)
    assert (understood(sent, Kept()).subject, told(sent)) == (subject, what)
    halves = b'{"From":"a@b.example","Subject":"half \\ud83d\\u0000"}'
    assert told(Posted("application/json", halves)) == {"/Subject": "characters that cannot be kept were replaced by U+FFFD"}
    raw = b"\xef\xbb\xbf" + msgspec.json.encode({"RawEmail": a_mail(subject="disk full").decode()})
    assert told(Posted("application/json", raw)) == {"": "a byte order mark was taken off"}


def test_invalid_date_is_left_out() -> None:
    assert told(Posted("message/rfc822", written(Date="the day before") + b"x")) == {"/date": "left out: it is no date"}
    assert told(Posted("message/rfc822", a_mail())) == {}


def postmark(**more: object) -> Posted:
    return Posted("application/json", msgspec.json.encode({"From": "system@corp.example", "Subject": "failure notice"} | more))


def ses(source: str, dmarc: str = "") -> Posted:
    told = {"notificationType": "Received", "mail": {"messageId": "1", "source": source}, "content": a_mail().decode()}
    receipt = {"action": {"type": "SNS", "encoding": "UTF8"}, "recipients": ["desk@example.com"]}
    receipt |= {"dmarcVerdict": {"status": dmarc}}
    return received(msgspec.json.encode(told | {"receipt": receipt}).decode(), ()).posted


SENDGRID = "headers=From%3A+s%40corp.example%0A&text=x&envelope="
NULL_SENDERS = {
    "the listener": Posted("message/rfc822", a_mail(), ""),
    "the listener, as aiosmtpd gives it": Posted("message/rfc822", a_mail(), "<>"),
    "a message as it is, a mailbox of another server": Posted("message/rfc822", a_mail(Return_Path="<>")),
    "Mailgun": Posted(FORM, b"from=s%40corp.example&subject=x&body-plain=x&sender="),
    "Mailgun, with its brackets": Posted(FORM, b"from=s%40corp.example&subject=x&body-plain=x&sender=%3C%3E"),
    "Mailgun, a whole message": Posted(FORM, b"recipient=x&sender=&body-mime=" + quote(a_mail()).encode()),
    "SendGrid": Posted(FORM, (SENDGRID + quote('{"from": "", "to": ["desk@example.com"]}')).encode()),
    "SendGrid, with its brackets": Posted(FORM, (SENDGRID + quote('{"from": "<>", "to": ["desk@example.com"]}')).encode()),
    "Postmark": postmark(Headers=[{"Name": "Return-Path", "Value": "<>"}]),
    "Postmark, a whole message": postmark(RawEmail=a_mail(Return_Path="<>").decode()),
    "Amazon SES": ses(""),
    "Amazon SES, with its brackets": ses("<>"),
}


@pytest.mark.parametrize("way", NULL_SENDERS)
def test_null_sender_is_recognized_on_every_route(way: str) -> None:
    assert understood(NULL_SENDERS[way], Kept()).null_sender


@pytest.mark.parametrize(
    "posted",
    [
        Posted("message/rfc822", a_mail(), "ann@example.com"),
        Posted(FORM, b"from=s%40corp.example&subject=x&body-plain=x"),
        Posted(FORM, (SENDGRID + quote('{"to": ["desk@example.com"]}')).encode()),
        postmark(),
        ses("ann@example.com"),
    ],
)
def test_missing_envelope_sender_is_not_null_sender(posted: Posted) -> None:
    assert not understood(posted, Kept()).null_sender


@pytest.mark.parametrize("whole", [False, True])
def test_sendgrid_dkim_result_becomes_stamp(whole: bool) -> None:  # noqa: FBT001 - a case
    fields = b"email=" + quote(a_mail()).encode() if whole else b"headers=From%3A+ann%40example.com%0A&text=x"
    letter = understood(Posted(FORM, fields + b"&dkim=" + quote("{@example.com : pass}").encode()), Kept())
    assert letter.stamps == (Stamp(SERVICE, (Check("dkim", "pass", "example.com"),)),)
    assert sender_check(letter.authors, letter.stamps, (), by_service=True) is SenderCheck.AUTHENTICATED


@pytest.mark.parametrize(
    ("verdict", "check"),
    [("PASS", SenderCheck.AUTHENTICATED), ("FAIL", SenderCheck.FAILED), ("GRAY", SenderCheck.UNKNOWN)],
)
def test_ses_dmarc_verdict_applies_to_author(verdict: str, check: SenderCheck) -> None:
    letter = understood(ses("x@bounces.example", verdict), Kept())
    assert sender_check(letter.authors, letter.stamps, (), by_service=True) is check


def test_only_short_form_fields_are_returned_for_signature_check() -> None:
    assert form(Posted(FORM, b"token=t&long=" + b"x" * 2_000)) == {"token": "t"}


def test_too_large_header_is_malformed() -> None:
    with pytest.raises(Malformed, match="a head of more than"):
        head(b"X: " + b"a" * 300_000, top=True)


def test_too_many_nested_parts_are_malformed() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\na\r\n" * 150
    outer = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + b"--c\r\n" + inner
    outer += b"--c\r\n\r\na\r\n" * 200
    with pytest.raises(Malformed, match="parts"):
        read(outer)


def test_html_unreadable_by_parser_loses_only_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> str:
        raise ValueError("a foreign library gives up")

    monkeypatch.setattr(body, "get_text", broken)
    assert body.html_to_text("<p>disk <b>full</b></p>").split() == ["disk", "full"]


def test_mbox_from_line_is_not_header() -> None:
    assert read(b"From ann Mon Mar  2 12:00:00 2026\n" + a_mail(subject="disk full")).subject == "disk full"
