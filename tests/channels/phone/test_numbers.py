"""Telephone numbers are normalized to E.164 to be compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.phone.numbers import LONGEST, is_one_telephone, to_e164, to_e164_without_plus


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
def test_number_is_normalized_to_e164_or_kept(said: str, number: str) -> None:
    assert to_e164(said, "CN") == number


def test_number_without_plus_is_read_as_international() -> None:
    assert to_e164_without_plus("447700900000", "CN") == "+447700900000"
    assert to_e164_without_plus("+447700900000", "CN") == "+447700900000"
    assert to_e164_without_plus("anonymous", "CN") == ""


def test_withheld_or_textual_number_identifies_nobody() -> None:
    assert [is_one_telephone(one) for one in ("+8613800138000", "1001", "", "zoe", "+1")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_any_number_text_is_bounded_and_without_nul(said: str) -> None:
    found = to_e164(said, "CN")
    assert "\0" not in found
    assert len(found) <= LONGEST
