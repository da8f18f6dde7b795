"""Pushes of Bark ring by urgency, and encrypted ones are read with the app's key alone."""

import base64
from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from gateway.channels.push.bark.content import content, sealed
from tests.support.messages import message

KEY, IV = "1234567890123456", "1111111111111111"


@pytest.mark.parametrize(
    ("urgency", "level"),
    [(1, "critical"), (2, "timeSensitive"), (3, "active"), (4, "passive"), (5, "active")],
)
def test_level_follows_priority_of_record(urgency: int, level: str) -> None:
    assert content(replace(message("k"), urgency=urgency), "gateway")["level"] == level


def test_push_without_link_opens_nothing() -> None:
    assert "url" not in content(message("k"), "gateway")
    linked = replace(message("k"), link="https://gateway.example.com/r/x")
    assert content(linked, "gateway")["url"] == linked.link


def test_encrypted_push_holds_all_parameters_under_the_key() -> None:
    one = message("k", text="磁盘满了\n")
    shown = sealed(one, "gateway", KEY, IV)
    assert shown.keys() == {"ciphertext", "iv"}
    decryptor = Cipher(AES(KEY.encode()), CBC(shown["iv"].encode())).decryptor()
    plain = decryptor.update(base64.b64decode(shown["ciphertext"])) + decryptor.finalize()
    assert msgspec.json.decode(plain[: -plain[-1]]) == content(one, "gateway")


def test_known_text_is_encrypted_as_the_app_decrypts_it() -> None:
    encryptor = Cipher(AES(KEY.encode()), CBC(IV.encode())).encryptor()
    padded = b'{"body": "test", "sound": "birdsong"}' + bytes([11]) * 11
    text = base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
    assert text == "d3QhjQjP5majvNt5CjsvFWwqqj2gKl96RFj5OO+u6ynTt7lkyigDYNA3abnnCLpr"


@pytest.mark.parametrize("text", ["磁", '"', "a\n"])
def test_long_push_stays_below_what_apple_takes(text: str) -> None:
    long = replace(message("k", text * 900, text * 9_000), link="https://gw.example/r/" + "x" * 180)
    assert len(msgspec.json.encode(content(long, "gateway"))) < 4_096 - 200
    assert len(msgspec.json.encode(sealed(long, "gateway", KEY, IV))) < 4_096 - 200
