"""Signatures of the gateway's own tokens: HMAC-SHA256 under a label for each use. Pure.

A label ends with the purpose of the token, so that a token of one kind is invalid as any other.
"""

import hmac
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Iterable

Sign = Callable[[bytes, bytes, str], str]
"""A function that signs a text, given secret, label and text."""


def signature(secret: bytes, label: bytes, text: str) -> str:
    """Return all 256 bits, as 43 characters of URL-safe base64."""
    return urlsafe_b64encode(_mac(secret, label, text)).rstrip(b"=").decode()


def short_signature(secret: bytes, label: bytes, text: str) -> str:
    """Return 128 bits as 26 characters of lower-case base32.

    It is for places that are small, or that change the case of letters.
    """
    return b32encode(_mac(secret, label, text)[:16]).decode().rstrip("=").lower()


def six_digits(secret: bytes, label: bytes, text: str) -> str:
    """Return six digits for people to type; whoever accepts them bounds the tries."""
    return f"{int.from_bytes(_mac(secret, label, text)) % 1_000_000:06d}"


def is_signed(
    secrets: Iterable[bytes], label: bytes, text: str, given: str, sign: Sign = signature
) -> bool:
    """Return whether one of the secrets signed the text.

    All are tried, so that the time taken reveals nothing.
    """
    return any([hmac.compare_digest(sign(secret, label, text), given) for secret in secrets])  # noqa: C419 - always all


def _mac(secret: bytes, label: bytes, text: str) -> bytes:
    return hmac.digest(secret, label + b"\0" + text.encode(), "sha256")
