"""A code follows from its id and a secret, and its message says what it is for."""

from uuid import UUID, uuid4

import pytest

from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.contact_codes import ContactCodes
from gateway.notify.texts.code_text import render_code
from gateway.notify.texts.phrases import MessageReader

ID = UUID(int=7)
CODES = ContactCodes((b"new secret", b"old secret"))


def test_code_has_six_digits_and_is_accepted_for_its_id_alone() -> None:
    code = CODES.code(str(ID))
    assert len(code) == 6
    assert code.isdecimal()
    assert CODES.matches(ID, code)
    assert not CODES.matches(ID, f"{(int(code) + 1) % 1_000_000:06d}")
    others = [uuid4() for _ in range(20)]
    assert sum(CODES.matches(one, code) for one in others) < 2


def test_code_of_the_secret_before_is_accepted_and_of_a_stranger_is_not() -> None:
    assert CODES.matches(ID, ContactCodes((b"old secret",)).code(str(ID)))
    assert not CODES.matches(ID, ContactCodes((b"another",)).code(str(ID)))


@pytest.mark.parametrize("locale", LOCALES)
def test_message_says_code_and_person_and_what_to_do_otherwise(locale: Locale) -> None:
    said = render_code({"code": "123456", "login": "ann"}, MessageReader(locale))
    assert "123456" in said
    assert "ann" in said
    assert ("do nothing" in said) == (locale == "en")
    assert "\n" in said


def test_facts_are_never_used_as_format_string() -> None:
    said = render_code({"code": "{login.__class__}", "login": "%s\r\nx"}, MessageReader("en"))
    assert "{login.__class__}" in said
    assert "\r" not in said
