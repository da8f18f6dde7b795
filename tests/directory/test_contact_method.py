"""Tests of the targets and the validation of contact methods."""

import pytest

from gateway.directory.contact_method import (
    PersonContactMethod,
    VerifiedAs,
    flaws,
    target_of,
    verified_unasked,
)


def test_method_leads_to_its_address_or_that_of_the_person() -> None:
    assert [
        str(target_of("ann", "ann@example.com", channel, address))
        for channel, address in (
            ("voice", ""),
            ("mail", ""),
            ("mail", "ann@home.example"),
            ("webhook", "https://a.example"),
        )
    ] == ["voice:ann", "smtp:ann@example.com", "smtp:ann@home.example", "webhook:https://a.example"]


@pytest.mark.parametrize(
    ("address", "by_administrator", "reason"),
    [
        ("", False, VerifiedAs.DIRECTORY),
        ("", True, VerifiedAs.DIRECTORY),
        ("ann@home.example", True, VerifiedAs.ADMINISTRATOR),
        ("ann@home.example", False, None),
    ],
)
def test_typed_address_needs_a_code(
    address: str, by_administrator: bool, reason: VerifiedAs | None
) -> None:
    method = PersonContactMethod("mail", address)
    assert verified_unasked(method, by_administrator=by_administrator) is reason


@pytest.mark.parametrize(
    ("method", "flaw"),
    [
        (PersonContactMethod("mail"), None),
        (PersonContactMethod("mail", "ann@example.com"), None),
        (PersonContactMethod("mail", "ann"), "name@example.com"),
        (PersonContactMethod("mail", "änn@example.com"), "name@example.com"),
        (PersonContactMethod("sms"), None),
        (PersonContactMethod("voice", "+49123"), "by their login"),
        (PersonContactMethod("slack"), "is needed"),
        (PersonContactMethod("slack", "C012"), None),
    ],
)
def test_method_address_must_suit_its_channel(
    method: PersonContactMethod, flaw: str | None
) -> None:
    found = list(flaws((PersonContactMethod("mail"), method)))
    assert [one.pointer for one in found] == (["/methods/1/address"] if flaw else [])
    assert all(flaw is not None and flaw in one.detail for one in found)
