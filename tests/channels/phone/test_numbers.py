"""Numbers as they are compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.phone.numbers import LONGEST, e164, international, names_somebody


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("+8613800138000", "+8613800138000"),
        ("13800138000", "+8613800138000"),
        ("(010) 8230 3333", "+861082303333"),
        ("00441632960961", "+441632960961"),
        ("sip:+8613800138000@pbx.example", "+8613800138000"),
        ("<sip:1001@pbx>", "1001"),
        ("tel:+15550100000", "+15550100000"),
        ("1001", "1001"),
        ("anonymous", ""),
        ("Anonymous <sip:anonymous@anonymous.invalid>", ""),
        ("+266696687", ""),
        ("", ""),
        ("zoe", "zoe"),
        ("x" * 100, "x" * (LONGEST - 1) + "…"),
        ("1" + chr(0) + "001", "1001"),
    ],
)
def test_a_number_is_international_where_it_can_be_and_else_as_it_was_said(said: str, number: str) -> None:
    assert e164(said, "CN") == number


def test_a_number_without_its_plus_is_international_where_its_system_writes_it_so() -> None:
    assert international("447700900000", "CN") == "+447700900000"
    assert international("+447700900000", "CN") == "+447700900000"
    assert international("anonymous", "CN") == ""


def test_who_withholds_their_number_is_nobody_twice() -> None:
    assert [names_somebody(one) for one in ("+8613800138000", "1001", "", "zoe", "+1")] == [True, True, False, False, False]


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_whatever_is_said_is_some_text(said: str) -> None:
    found = e164(said, "CN")
    assert "\0" not in found
    assert len(found) <= LONGEST
