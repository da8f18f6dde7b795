"""Tests of verifying and decrypting the calls of Feishu."""

from datetime import timedelta

import pytest

from gateway.channels.chat.contract import ButtonPress, ChatSettings
from gateway.channels.chat.feishu.inbound import PROVIDER
from gateway.channels.chat.feishu.verification import decrypt
from gateway.errors import Unauthenticated
from tests.channels.chat.feishu_calls import (
    KEY,
    TENANT,
    TOKEN,
    a_call,
    a_message,
    a_press,
    a_press_as_before,
    an_older_message,
    sealed,
    signed,
    signed_as_before,
)
from tests.support.clock import NOON

SETTINGS = ChatSettings(secrets=("another", KEY), token=TOKEN, tenants=(TENANT,))


def test_documented_example_is_decrypted() -> None:
    assert decrypt("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=", "test key") == b"hello world"


def test_older_button_press_is_verified_by_token() -> None:
    body = a_press_as_before("acknowledge", "p1-0-1-x")
    press = PROVIDER.read(a_call(body, NOON, signed_as_before(body, NOON)), SETTINGS)
    assert isinstance(press, ButtonPress)
    assert (press.action, press.tenant, press.event_id) == (
        "acknowledge",
        TENANT,
        "card/c-295ee57216a5dc9de90fefd0aadb4b1d7d",
    )
    for headers, settings in (
        (signed_as_before(body, NOON, "other"), SETTINGS),
        (signed_as_before(body, NOON, ""), ChatSettings(secrets=(KEY,))),
        (signed_as_before(body, NOON - timedelta(minutes=6)), SETTINGS),
        (
            signed_as_before(body, NOON),
            ChatSettings(secrets=(KEY,), token=TOKEN, tenants=("other",)),
        ),
    ):
        with pytest.raises(Unauthenticated):
            PROVIDER.read(a_call(body, NOON, headers), settings)


BODY, ELSEWHERE = sealed(a_message("x")), a_press("resolve", "x", tenant_key="t")
LIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "bad": (BODY, signed(BODY, NOON) | {"x-lark-signature": "0" * 64}),
    "unsigned": (BODY, {}),
    "another's": (BODY, signed(BODY, NOON, "other")),
    "stale": (BODY, signed(BODY, NOON - timedelta(hours=9))),
    "ahead": (BODY, signed(BODY, NOON + timedelta(minutes=6))),
    "another body's": (BODY, signed(sealed(a_message("y")), NOON)),
    "encrypted with another key": (
        sealed(a_message("x"), "o"),
        signed(sealed(a_message("x"), "o"), NOON),
    ),
    "another tenant's": (
        a_message("x", {"tenant_key": "t"}),
        signed(a_message("x", {"tenant_key": "t"}), NOON),
    ),
    "a press of another tenant's": (ELSEWHERE, signed(ELSEWHERE, NOON)),
    "with another token": (
        a_message("x", {"token": "t"}),
        signed(a_message("x", {"token": "t"}), NOON),
    ),
    "garbage": (b"{", {}),
}


@pytest.mark.parametrize("lie", LIES)
def test_forged_call_is_refused(lie: str) -> None:
    body, headers = LIES[lie]
    with pytest.raises(Unauthenticated):
        PROVIDER.read(a_call(body, NOON, headers), SETTINGS)


def test_every_call_is_refused_without_configured_key() -> None:
    for body in (BODY, a_message("x"), an_older_message("x"), a_press_as_before("resolve", "x")):
        with pytest.raises(Unauthenticated):
            PROVIDER.read(a_call(body, NOON, signed(body, NOON, "")), ChatSettings())
