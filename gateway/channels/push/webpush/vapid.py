"""Keys by which push services know the gateway, and the header that proves it (RFC 8292). Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jwt
from joserfc.jwk import ECKey

VALID = timedelta(hours=12)
"""How long a header can be used; push services refuse more than 24 hours."""

SECRET_BYTES = 32
MOST_KEYS = 2
"""The most keys: the one that browsers subscribe with, and its predecessor."""


@dataclass(frozen=True, slots=True)
class VapidKey:
    """A private key that signs calls of push services."""

    private: EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        """The public key, an uncompressed point."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_of_secret(secret: bytes) -> VapidKey:
    """Return the key of a secret of 32 bytes; raises ValueError."""
    if len(secret) != SECRET_BYTES:
        raise ValueError("a private key has 32 bytes")
    return VapidKey(derive_private_key(int.from_bytes(secret, "big"), SECP256R1()))


def read_keys(text: str) -> tuple[VapidKey, ...]:
    """Return the keys of a setting, () for none; raises ValueError."""
    words = text.split()
    if len(words) > MOST_KEYS:
        raise ValueError("at most two keys")
    return tuple(key_of_secret(from_base64(word)) for word in words)


def authorization(key: VapidKey, audience: str, subject: str, now: datetime) -> str:
    """Return the header for calls of the push service at an origin, the audience."""
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    claims = {"aud": audience, "exp": int((now + VALID).timestamp()), "sub": subject}
    token = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.import_key(pem))
    return f"vapid t={token}, k={to_base64(key.public)}"


def to_base64(data: bytes) -> str:
    """Return bytes as URL-safe base64 without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """Return the bytes of URL-safe base64, with or without padding; raises ValueError."""
    if not text.isascii() or "+" in text or "/" in text:
        raise ValueError("not URL-safe base64")
    data = urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    if to_base64(data) != text.rstrip("="):
        raise ValueError("not URL-safe base64")
    return data
