"""The encrypted envelope of WeCom and DingTalk is compatible with the vendors' own.

The vendors' samples are decrypted, and another library reads and writes the same envelopes.
"""

import base64
import json
import random
import re
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from gateway.channels.chat.contract import ChatSettings
from gateway.channels.chat.envelope import (
    DecryptedEnvelope,
    EncryptedEnvelope,
    EnvelopeKeys,
    decode_key,
    decrypt_envelope,
    seal,
    signature_of,
)
from gateway.errors import Unauthenticated
from tests.channels.chat.wecom_dingtalk_calls import CORP, KEY, OTHER_KEY, TOKEN, WECOM, sealed
from tests.support.clock import NOON

FIELDS = ("TimeStamp", "Nonce", "Encrypt", "MsgSignature")

ANYBODY = ChatSettings(token=TOKEN, encoding_key=KEY)

ORACLE = """
import json, sys, warnings
warnings.simplefilter("ignore")
from wechatpy.crypto import WeChatCrypto
theirs = WeChatCrypto(*sys.argv[1:4])
for line in sys.stdin:
    one = json.loads(line)
    read = theirs.decrypt_message(
        {"Encrypt": one["encrypt"]}, one["signature"], one["timestamp"], one["nonce"]
    )
    print(json.dumps([read, theirs.encrypt_message(one["other"], one["nonce"], one["timestamp"])]))
"""


def test_dingtalk_sample_is_decrypted() -> None:
    settings = ChatSettings(
        token="mryue", encoding_key=OTHER_KEY, tenants=("ding6ccabc44d2c8d38b",)
    )
    encrypted = (
        "0vJiX6vliEpwG3U45CtXqi+m8PXbQRARJ8p8BbDuD1EMTDf0jKpQ79QS93qEk7XHpP6u+oTTrd15NRPvNvmBKyDC"
        "YxxOK+HZeKju4yhELOFchzNukR"
        "+t8SB/qk4ROMu3"
    )
    envelope = EncryptedEnvelope(
        "1608001896814", "WL4PK6yA", encrypted, "03044561471240d4a14bb09372dfcfd4fd0e40cb"
    )
    opened = decrypt_envelope(settings, envelope, datetime.fromtimestamp(1608001900, UTC))
    assert opened.content == b'{"EventType":"check_url"}'


def test_envelopes_are_compatible_with_reference_library() -> None:
    draw = random.Random(7)
    ours = [text(draw) for _ in range(1_000)]
    theirs = [text(draw) for _ in ours]
    stamp = str(int(NOON.timestamp()))
    asked = [
        {
            "encrypt": one.encrypted,
            "signature": one.signature,
            "timestamp": stamp,
            "nonce": one.nonce,
            "other": other,
        }
        for one, other in zip((sealed(words.encode()) for words in ours), theirs, strict=True)
    ]
    command = [sys.executable, "-c", ORACLE, TOKEN, KEY, CORP]
    told = subprocess.run(
        command, input="\n".join(map(json.dumps, asked)), capture_output=True, text=True, check=True
    )
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    assert [read for read, _ in answers] == ours
    assert [
        decrypt_envelope(WECOM, wrapped(xml), NOON).content.decode() for _, xml in answers
    ] == theirs


def text(draw: random.Random) -> str:
    return "".join(draw.choice("ab <&>\n0磁盘满了😀é") for _ in range(draw.randrange(200)))


def wrapped(xml: str) -> EncryptedEnvelope:
    within = [re.search(f"<{name}>(.*)</{name}>", xml)[1] for name in FIELDS]  # type: ignore[index]
    timestamp, nonce, encrypted, signature = (
        one.removeprefix("<![CDATA[").removesuffix("]]>") for one in within
    )
    return EncryptedEnvelope(timestamp, nonce, encrypted, signature)


def test_both_keys_are_accepted_during_rotation() -> None:
    both = ChatSettings(token=f"new {TOKEN}", encoding_key=f"{OTHER_KEY} {KEY}")
    assert decrypt_envelope(both, sealed(b"hello"), NOON).content == b"hello"
    assert decrypt_envelope(
        both, sealed(b"hello", token="new", key=OTHER_KEY), NOON
    ).seal == EnvelopeKeys("new", decode_key(OTHER_KEY))


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_envelope_with_stale_or_future_time_is_refused(late: timedelta) -> None:
    assert decrypt_envelope(WECOM, sealed(b""), NOON + late * 0.8).receiver == CORP
    with pytest.raises(Unauthenticated):
        decrypt_envelope(WECOM, sealed(b""), NOON + late)


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ("", ""),
        (TOKEN, ""),
        (TOKEN, KEY[1:]),
        (TOKEN, KEY + "A"),
        (TOKEN, "?" * 43),
        (f"{TOKEN} {TOKEN}", KEY),
    ],
)
def test_settings_without_valid_key_refuse_every_envelope(token: str, key: str) -> None:
    with pytest.raises(Unauthenticated):
        decrypt_envelope(ChatSettings(token=token, encoding_key=key), sealed(b"hello"), NOON)


def signed(data: bytes) -> EncryptedEnvelope:
    """Return an envelope of any data, signed with the right token."""
    stamp, encrypted = str(int(NOON.timestamp())), base64.b64encode(data).decode()
    return EncryptedEnvelope(stamp, "n", encrypted, signature_of(TOKEN, stamp, "n", encrypted))


def encrypted(plain: bytes) -> bytes:
    encryptor = Cipher(AES256(decode_key(KEY)), CBC(decode_key(KEY)[:16])).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


WHOLE = bytes(16) + struct.pack("!I", 2) + b"hi"


def test_hand_built_envelope_is_decrypted() -> None:
    assert decrypt_envelope(
        ANYBODY, signed(encrypted(WHOLE + b"ww1" + b"\x07" * 7)), NOON
    ) == DecryptedEnvelope(b"hi", "ww1", EnvelopeKeys(TOKEN, decode_key(KEY)))


@pytest.mark.parametrize(
    "data",
    [
        *(b"", bytes(15), bytes(17), b"\xff" * 64),
        *(
            encrypted(WHOLE + b"ww1" + end)
            for end in (b"\x06" * 6 + b"\x08", bytes(7), b"\x06" * 6 + b"\x21", b"\x08" * 7)
        ),
        *(
            encrypted(bytes(16) + struct.pack("!I", length) + b"hi" + b"\x0a" * 10)
            for length in (3, 2**32 - 1)
        ),
        *(
            encrypted(bytes(16) + b"\x00\x00\x00" + b"\x0d" * 13),
            encrypted(b"\x10" * 16),
            encrypted(b"\x20" * 32),
        ),
        *(
            encrypted(WHOLE + "公司".encode() + b"\x04" * 4),
            encrypted(WHOLE + b"ww1234567" + b"\x21" * 33),
        ),
    ],
)
def test_signed_invalid_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(Unauthenticated):
        decrypt_envelope(ANYBODY, signed(data), NOON)


def test_contents_with_same_start_are_encrypted_differently() -> None:
    first, second = (
        seal(DecryptedEnvelope(content, CORP, EnvelopeKeys(TOKEN, decode_key(KEY))), "1", "n")
        for content in (b"same" * 9, b"same" * 8 + b"else")
    )
    assert first.encrypted[:22] != second.encrypted[:22]
