"""Forms of mail services read by themselves: what is none of theirs is refused with a reason."""

import msgspec
import pytest

from gateway.errors import Malformed
from gateway.ingest.mail import body
from gateway.ingest.mail.headers import head
from gateway.ingest.mail.posted import Kept, Posted, form, understood
from gateway.ingest.mail.reading import read
from tests.ingest.mail.writing import a_mail

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("kind", "sent", "says"),
    [
        (MULTIPART, b"", "no fields"),
        (FORM, b"a=1&" * 2_000, "cannot be read"),
        (FORM, b"a=1", "none that a known mail service posts"),
        (FORM, b"headers=From%3A+a%40b.example&charsets=nonsense", "not what it should be"),
        ("application/json", b"{}", "neither From nor Headers"),
    ],
)
def test_what_no_mail_service_posts_is_refused_with_a_reason(kind: str, sent: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        understood(Posted(kind, sent), Kept())


def test_the_whole_mail_within_a_form_or_a_message_of_postmark_is_read_as_it_is() -> None:
    posted = msgspec.json.encode({"RawEmail": a_mail(subject="disk full").decode(), "OriginalRecipient": "ops@example.com"})
    letter = understood(Posted("application/json", posted), Kept())
    assert (letter.subject, letter.recipients) == ("disk full", ("ops@example.com",))


def test_short_fields_are_there_for_signatures() -> None:
    assert form(Posted(FORM, b"token=t&long=" + b"x" * 2_000)) == {"token": "t"}


def test_a_head_beyond_every_bound_is_refused() -> None:
    with pytest.raises(Malformed, match="a head of more than"):
        head(b"X: " + b"a" * 300_000, top=True)


def test_more_parts_than_any_mail_has_are_refused_however_they_are_nested() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\na\r\n" * 150
    outer = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + b"--c\r\n" + inner
    outer += b"--c\r\n\r\na\r\n" * 200
    with pytest.raises(Malformed, match="parts"):
        read(outer)


def test_html_that_its_reader_cannot_take_loses_its_tags_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> str:
        raise ValueError("a foreign library gives up")

    monkeypatch.setattr(body, "get_text", broken)
    assert body.html_to_text("<p>disk <b>full</b></p>").split() == ["disk", "full"]


def test_the_line_of_a_mailbox_file_is_no_header() -> None:
    assert read(b"From ann Mon Mar  2 12:00:00 2026\n" + a_mail(subject="disk full")).subject == "disk full"
