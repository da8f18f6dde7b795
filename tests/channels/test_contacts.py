"""Mail addresses and telephone numbers of reporters are validated and normalized."""

import pytest

from gateway.channels.contacts import normalise_email, normalise_phone


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("a+b.c@mail.example.co.uk", "a+b.c@mail.example.co.uk"),
        ("张三@例子.公司", "张三@例子.公司"),
        ("ann@localhost", None),
        ("ann@example.com\r\nBcc: all@example.com", None),
        ("ann@example.com,bob@example.com", None),
        ("<ann@example.com>", None),
        ("ann@-example.com", None),
        ("ann", None),
        ("", None),
        ("a" * 65 + "@example.com", None),
        ("a@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + "." + "e" * 60 + ".com", None),
    ],
)
def test_only_valid_mail_address_is_accepted(text: str, address: str | None) -> None:
    assert normalise_email(text) == address


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("139 1234 5678", "+8613912345678"),
        ("010-6552 9988", "+861065529988"),
        ("+1 (650) 253-0000", "+16502530000"),
        ("tel:+44-20-7946-0018", "+442079460018"),
        ("12", None),
        ("12139 1234 5678", None),
        ("0086 139 1234 5678", "+8613912345678"),
        ("call me", None),
        ("", None),
        ("9" * 5_000, None),
    ],
)
def test_phone_number_is_normalized_to_e164(text: str, number: str | None) -> None:
    assert normalise_phone(text, "CN") == number
