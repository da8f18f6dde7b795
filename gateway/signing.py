"""Signatures by which the gateway knows again what it gave away: HMAC-SHA256 under a label for each use. Pure.

A label ends with what it is signed for, so that a token of one kind is worth nothing as another.
"""

import hmac
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Iterable

Sign = Callable[[bytes, bytes, str], str]
"""Secret, label and text to a signature."""


def signature(secret: bytes, label: bytes, text: str) -> str:
    """All 256 bits, 43 characters of URL-safe base64."""
    return urlsafe_b64encode(_mac(secret, label, text)).rstrip(b"=").decode()


def short_signature(secret: bytes, label: bytes, text: str) -> str:
    """128 bits, 26 characters of lower-case base32: for places that are small, or that change the case of letters."""
    return b32encode(_mac(secret, label, text)[:16]).decode().rstrip("=").lower()


def is_signed(secrets: Iterable[bytes], label: bytes, text: str, given: str, sign: Sign = signature) -> bool:
    """Whether one of the secrets signed it; all are tried, so that the time taken tells nothing."""
    return any([hmac.compare_digest(sign(secret, label, text), given) for secret in secrets])  # noqa: C419 - always all


def _mac(secret: bytes, label: bytes, text: str) -> bytes:
    return hmac.digest(secret, label + b"\0" + text.encode(), "sha256")
