"""Messages are encrypted as RFC 8291 says, and no longer than every push service takes."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.push.webpush.encryption import (
    MAX_CONTENT,
    BrowserKeys,
    encrypt,
    read_point,
)
from tests.support.push_service import FakeBrowser, b64, unb64

SENDER = ec.derive_private_key(
    int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
)
EXAMPLE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6T"
    "lzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN"
)
"""The body of the example of RFC 8291, section 5."""


def test_example_of_the_standard_is_encrypted_to_the_same_bytes() -> None:
    browser = BrowserKeys(
        unb64(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        unb64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    content = b"When I grow up, I want to be a watermelon"
    assert b64(encrypt(content, browser, SENDER, unb64("DGv6ra1nlYgDCS1FRnbzlw"))) == EXAMPLE


@given(content=st.binary(max_size=MAX_CONTENT), salt=st.binary(min_size=16, max_size=16))
def test_browser_reads_any_content_that_fits(content: bytes, salt: bytes) -> None:
    browser = FakeBrowser()
    body = encrypt(content, BrowserKeys(browser.p256dh, browser.auth), SENDER, salt)
    assert len(body) <= 4_096
    assert browser.decrypt(body) == content


def test_content_that_is_too_long_is_refused() -> None:
    browser = FakeBrowser()
    keys = BrowserKeys(browser.p256dh, browser.auth)
    assert MAX_CONTENT == 3_993
    assert len(encrypt(bytes(MAX_CONTENT), keys, SENDER, bytes(16))) == 4_096
    with pytest.raises(ValueError, match="3993"):
        encrypt(bytes(MAX_CONTENT + 1), keys, SENDER, bytes(16))


@pytest.mark.parametrize("point", [b"", bytes(65), b"\4" + bytes(64), b"\2" + b"\1" * 32])
def test_bytes_that_are_no_point_are_refused(point: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also those of other libraries
        read_point(point)
