"""Push services are told how to reach those who run the gateway."""

import msgspec
import pytest

from gateway.channels.push.webpush.section import WebpushSection
from gateway.settings import load


@pytest.mark.parametrize(
    ("subject", "external", "contact"),
    [
        ("mailto:ops@example.com", "https://gw.example", "mailto:ops@example.com"),
        ("", "https://gw.example", "https://gw.example"),
        ("", "http://127.0.0.1:8080", "mailto:gateway@localhost"),
        ("", "", "mailto:gateway@localhost"),
    ],
)
def test_contact_is_the_subject_else_the_gateway_else_its_mails(
    subject: str, external: str, contact: str
) -> None:
    plain = load(None, {})
    server = msgspec.structs.replace(plain.server, external_url=external)
    settings = msgspec.structs.replace(plain, server=server)
    assert WebpushSection(subject=subject).contact(settings) == contact


@pytest.mark.parametrize(
    ("subject", "good"),
    [
        ("mailto:ops@example.com", True),
        ("https://example.com/contact", True),
        ("ops@example.com", False),
        ("mailto: ops@example.com", False),
        ("mailto:<ops@example.com>", False),
        ("http://example.com", False),
    ],
)
def test_subject_is_an_address_that_push_services_take(subject: str, good: bool) -> None:
    assert (list(WebpushSection(subject=subject).flaws()) == []) is good


def test_flaw_of_keys_does_not_show_them() -> None:
    (flaw,) = WebpushSection(keys="c2VjcmV0").flaws()
    assert "c2VjcmV0" not in f"{flaw} {WebpushSection(keys='c2VjcmV0')}"
