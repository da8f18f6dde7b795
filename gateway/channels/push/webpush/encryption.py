"""Encryption of a message so that only one browser can read it (RFC 8291, aes128gcm). Pure."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_BYTES = 4096
"""The size of the one record that a message is, and the most that a push service must take."""

HEADER_BYTES, TAG_BYTES = 86, 16
MAX_CONTENT = RECORD_BYTES - HEADER_BYTES - TAG_BYTES - 1
"""The most bytes of a message: 3993."""

LAST_RECORD = b"\x02"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """The keys of a subscription: the browser's public key, and a secret that it shares."""

    p256dh: bytes
    auth: bytes


def read_point(data: bytes) -> EllipticCurvePublicKey:
    """Return the public key of an uncompressed point; raises ValueError for any other bytes."""
    if len(data) != 65:
        raise ValueError("an uncompressed point of P-256 has 65 bytes")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data)


def encrypt(
    content: bytes, browser: BrowserKeys, sender: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Return the body to post; `sender` and `salt` are new for each message.

    Raises ValueError for content that is too long.
    """
    if len(content) > MAX_CONTENT:
        raise ValueError(f"a message has at most {MAX_CONTENT} bytes")
    shown = sender.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = sender.exchange(ECDH(), read_point(browser.p256dh))
    info = b"WebPush: info\0" + browser.p256dh + shown
    material = _derive(shared, browser.auth, info, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(shown)]) + shown
    return header + AESGCM(key).encrypt(nonce, content + LAST_RECORD, None)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
