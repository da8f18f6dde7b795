"""Contact methods as values."""

import pytest

from gateway.directory.contact_method import Method, flaws, targets


def test_each_method_has_one_target_without_duplicates() -> None:
    chosen = (
        Method("voice"),
        Method("mail"),
        Method("mail", "ann@home.example"),
        Method("webhook", "https://a.example"),
        Method("voice"),
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
        (Method("mail"), None),
        (Method("mail", "ann@example.com"), None),
        (Method("mail", "ann"), "name@example.com"),
        (Method("mail", "änn@example.com"), "name@example.com"),
        (Method("sms"), None),
        (Method("voice", "+49123"), "telephone of the person"),
        (Method("slack"), "is needed"),
        (Method("slack", "C012"), None),
    ],
)
def test_method_address_must_suit_its_channel(method: Method, flaw: str | None) -> None:
    found = list(flaws((Method("mail"), method)))
    assert [one.pointer for one in found] == (["/methods/1/address"] if flaw else [])
    assert all(flaw is not None and flaw in one.detail for one in found)
