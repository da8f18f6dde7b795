"""Tests of the targets and the validation of contact methods."""

import pytest

from gateway.directory.contact_method import PersonContactMethod, flaws, targets


def test_each_method_has_one_target_without_duplicates() -> None:
    chosen = (
        PersonContactMethod("voice"),
        PersonContactMethod("mail"),
        PersonContactMethod("mail", "ann@home.example"),
        PersonContactMethod("webhook", "https://a.example"),
        PersonContactMethod("voice"),
    )
    assert [str(one) for one in targets("ann", "ann@example.com", chosen)] == [
        "voice:ann",
        "smtp:ann@example.com",
        "smtp:ann@home.example",
        "webhook:https://a.example",
    ]


def test_person_without_methods_is_mailed_or_unreachable() -> None:
    assert [str(one) for one in targets("ann", "ann@example.com", ())] == ["smtp:ann@example.com"]
    assert targets("ann", "", ()) == ()


@pytest.mark.parametrize(
    ("method", "flaw"),
    [
        (PersonContactMethod("mail"), None),
        (PersonContactMethod("mail", "ann@example.com"), None),
        (PersonContactMethod("mail", "ann"), "name@example.com"),
        (PersonContactMethod("mail", "änn@example.com"), "name@example.com"),
        (PersonContactMethod("sms"), None),
        (PersonContactMethod("voice", "+49123"), "telephone of the person"),
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
