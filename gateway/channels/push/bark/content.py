"""The content of a push by Bark, encrypted on request. Pure.

https://bark.day.app/#/tutorial and /encryption. The parameters are JSON; encrypted, they are
one parameter `ciphertext` beside the `iv`, and the server and Apple read only the device and the
id.
"""

import base64
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.channels.cut_text import cut_to_bytes
from gateway.notify.message import Message

MAX_TITLE, MAX_BODY, MAX_SEALED = 250, 1_500, 1_000
"""The most bytes: Apple takes 4096 with all else.

Quotes and line breaks count twice, and encryption makes a third more of it.
"""

LEVELS = {1: "critical", 2: "timeSensitive", 4: "passive"}
"""The level by the priority of the record: critical rings on a silenced telephone."""


def content(message: Message, group: str, most: int = MAX_BODY) -> dict[str, Any]:
    """Return the parameters of a push."""
    shown = {
        "title": cut_to_bytes(message.subject, MAX_TITLE),
        "body": cut_to_bytes(message.text.strip() or message.subject, most),
        "level": LEVELS.get(message.urgency, "active"),
        "group": group,
    }
    return shown | ({"url": message.link} if message.link else {})


def sealed(message: Message, group: str, key: str, iv: str) -> dict[str, Any]:
    """Return the parameters encrypted; `iv` is 16 characters, never used twice."""
    plain = msgspec.json.encode(content(message, group, MAX_SEALED))
    padder = PKCS7(AES.block_size).padder()
    encryptor = Cipher(AES(key.encode()), CBC(iv.encode())).encryptor()
    text = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return {"ciphertext": base64.b64encode(text).decode(), "iv": iv}
