"""Push services know the gateway by a short-lived proof, signed with a key it keeps."""

import pytest

from gateway.channels.push.webpush.vapid import (
    authorization,
    from_base64,
    key_of_secret,
    read_keys,
    to_base64,
)
from tests.support.clock import NOON
from tests.support.push_service import verify

ONE, TWO = to_base64(b"\1" * 32), to_base64(b"\2" * 32)


def test_header_is_signed_for_one_service_and_half_a_day() -> None:
    key = key_of_secret(b"\1" * 32)
    header = authorization(key, "https://push.example.net", "mailto:ops@example.com", NOON)
    proof = verify(header, "https://push.example.net", NOON)
    assert proof.key == key.public
    assert proof.claims == {
        "aud": "https://push.example.net",
        "exp": int(NOON.timestamp()) + 43_200,
        "sub": "mailto:ops@example.com",
    }


def test_keys_of_a_setting_are_read_in_order() -> None:
    assert read_keys("") == ()
    assert [key.public for key in read_keys(f" {TWO}= \n{ONE}")] == [
        key_of_secret(secret).public for secret in (b"\2" * 32, b"\1" * 32)
    ]


@pytest.mark.parametrize(
    "text", [f"{ONE} {TWO} {ONE}", "AQ", to_base64(bytes(32)), to_base64(b"\xff" * 32), "ключ", "x"]
)
def test_setting_that_holds_no_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also those of other libraries
        read_keys(text)


@pytest.mark.parametrize("text", ["a+bc", "a/bc", "a", "AB", "A C", "é"])
def test_text_that_is_no_url_safe_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also those of other libraries
        from_base64(text)


def test_base64_is_read_with_and_without_padding() -> None:
    assert from_base64("AQ") == from_base64("AQ==") == b"\1"
    assert to_base64(b"\xfb\xff") == "-_8"
