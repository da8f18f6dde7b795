"""The encrypted envelope of WeCom and DingTalk: a SHA-1 signature around AES-256-CBC. Pure.

The signature is computed with a token that both sides know.

https://developer.work.weixin.qq.com/document/path/90968
https://open.dingtalk.com/document/orgapp/configure-event-subcription
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from gateway.errors import Unauthenticated
from gateway.ingest.reading import signatures
from gateway.settings import ChatSettings

KEY_CHARS = 43
"""The length of a key as the vendors show it: base64 without its padding."""

BLOCK = 32
"""The number of bytes that both vendors pad to, twice the block of the cipher."""

SALT = 16
"""The number of random bytes before the length."""

REFUSED = "the envelope is not by this platform: compare token, key and company here and there"


@dataclass(frozen=True, slots=True)
class EnvelopeKeys:
    """The secrets that both sides know: a token that signs, and a key of 32 bytes that encrypts."""

    token: str
    key: bytes


@dataclass(frozen=True, slots=True)
class EncryptedEnvelope:
    """An encrypted envelope: its content and everything that is signed with it."""

    timestamp: str
    nonce: str
    encrypted: str
    signature: str


@dataclass(frozen=True, slots=True)
class DecryptedEnvelope:
    """A decrypted envelope.

    `receiver` is the company or application it is for, as the vendor names it; `seal` is the
    pair of token and key it was encrypted with.
    """

    content: bytes
    receiver: str
    seal: EnvelopeKeys


def read_envelope_keys(settings: ChatSettings) -> list[EnvelopeKeys]:
    """Return the pairs of token and key that are valid, two during a rotation.

    Raises Unauthenticated where the settings hold no such pairs.
    """
    try:
        pairs = zip(settings.token.split(), settings.encoding_key.split(), strict=True)
        return [EnvelopeKeys(token, decode_key(key)) for token, key in pairs]
    except ValueError as error:
        raise Unauthenticated(
            f"the settings hold no token and encoding key that fit: {error}"
        ) from error


def decode_key(text: str) -> bytes:
    """Return the 32 bytes of a key as the vendors show it; raises ValueError."""
    try:
        key = base64.b64decode(f"{text}=", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(text) != KEY_CHARS or len(key) != 32:
        raise ValueError(f"an encoding key has {KEY_CHARS} characters")
    return key


def seal(opened: DecryptedEnvelope, timestamp: str, nonce: str) -> EncryptedEnvelope:
    """Return the content encrypted and signed.

    The salt is a MAC of time, nonce and content, so that no salt is used for two contents.
    """
    key, content = opened.seal.key, opened.content
    salt = hmac.digest(key, b"\0".join((timestamp.encode(), nonce.encode(), content)), "sha256")[
        :SALT
    ]
    plain = salt + struct.pack("!I", len(content)) + content + opened.receiver.encode()
    lacking = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(AES256(key), CBC(key[:16])).encryptor()
    encrypted = base64.b64encode(
        encryptor.update(plain + bytes([lacking]) * lacking) + encryptor.finalize()
    ).decode()
    return EncryptedEnvelope(
        timestamp, nonce, encrypted, signature_of(opened.seal.token, timestamp, nonce, encrypted)
    )


def decrypt_envelope(
    settings: ChatSettings, sealed: EncryptedEnvelope, received_at: datetime
) -> DecryptedEnvelope:
    """Verify and decrypt an envelope; raises Unauthenticated.

    It must have been sent within the last minutes, to a company that is allowed. Nothing is
    decrypted before its signature is verified, so that answers to forgeries reveal nothing.
    """
    fitting = next((seal for seal in read_envelope_keys(settings) if _signed(seal, sealed)), None)
    if fitting is None:
        raise Unauthenticated(REFUSED)
    signatures.require_fresh(
        signatures.parse_seconds(_whole_seconds(sealed.timestamp)), received_at
    )
    opened = _opened(fitting, sealed.encrypted)
    if settings.tenants and opened.receiver not in settings.tenants:
        raise Unauthenticated(
            "the envelope is for another company or application than those that are allowed"
        )
    return opened


def signature_of(token: str, *signed: str) -> str:
    """Return the SHA-1, in hexadecimal, of the token and all that is signed, sorted and joined."""
    return sha1("".join(sorted((token, *signed))).encode()).hexdigest()  # noqa: S324 - the vendors' own choice


def _signed(seal: EnvelopeKeys, sealed: EncryptedEnvelope) -> bool:
    said = (sealed.timestamp, sealed.nonce, sealed.encrypted)
    if not all(text.isascii() for text in (*said, sealed.signature)):
        return False
    return hmac.compare_digest(signature_of(seal.token, *said), sealed.signature)


def _whole_seconds(timestamp: str) -> str:
    """Return the seconds of a timestamp: WeCom sends seconds, DingTalk milliseconds."""
    return timestamp[:-3] if len(timestamp) == 13 else timestamp


def _opened(seal: EnvelopeKeys, encrypted: str) -> DecryptedEnvelope:
    data = signatures.from_base64(encrypted)
    if not data or len(data) % (AES256.block_size // 8):
        raise Unauthenticated(REFUSED)
    decryptor = Cipher(AES256(seal.key), CBC(seal.key[:16])).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    lacking = plain[-1]
    if not 1 <= lacking <= BLOCK or plain[-lacking:] != bytes([lacking]) * lacking:
        raise Unauthenticated(REFUSED)
    return _divided(seal, plain[SALT:-lacking])


def _divided(seal: EnvelopeKeys, plain: bytes) -> DecryptedEnvelope:
    """Split decrypted bytes: the length, a content of that length, and then the receiver."""
    length = int.from_bytes(plain[:4], "big")
    content, receiver = plain[4 : 4 + length], plain[4 + length :]
    if len(plain) < 4 or len(content) < length or not receiver.isascii():
        raise Unauthenticated(REFUSED)
    return DecryptedEnvelope(content, receiver.decode(), seal)
