"""The gateway accepts its own signatures and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.signing import Sign, is_signed, short_signature, signature

KINDS = pytest.mark.parametrize("sign", [signature, short_signature])
OLD, NEW = b"old secret", b"new secret"


@KINDS
def test_signature_by_any_live_secret_is_valid(sign: Sign) -> None:
    for secret in (OLD, NEW):
        assert is_signed(
            (NEW, OLD), b"door v1", "record 7", sign(secret, b"door v1", "record 7"), sign
        )
    assert not is_signed((NEW,), b"door v1", "record 7", sign(OLD, b"door v1", "record 7"), sign)
    assert not is_signed((), b"door v1", "record 7", sign(OLD, b"door v1", "record 7"), sign)


@KINDS
@given(text=st.text(), other=st.text())
def test_signature_is_bound_to_text_and_label(sign: Sign, text: str, other: str) -> None:
    given = sign(OLD, b"door v1", text)
    assert is_signed((OLD,), b"door v1", other, given, sign) is (text == other)
    assert not is_signed((OLD,), b"window v1", text, given, sign)


def test_signatures_have_expected_length() -> None:
    assert (len(signature(OLD, b"a", "")), len(short_signature(OLD, b"a", ""))) == (43, 26)
    assert short_signature(OLD, b"a", "").islower()
