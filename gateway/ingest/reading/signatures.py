"""Common parts of signature checks: secrets, constant-time comparison, time window. Pure."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from gateway.errors import Unauthenticated

TOLERANCE = timedelta(minutes=5)
"""The maximum difference between a signed time of sending and our clock, either way."""

LATEST = 253_402_300_799
"""The last second of the year 9999."""


class UnknownSigningKey(Unauthenticated):
    """A signature by a key that is not among those cached: perhaps a newer one."""


WRONG_SIGNATURE = (
    "the signature is not by a secret of this source: compare the secret here and at the sender"
)


def matches_any(secrets: Iterable[bytes], content: bytes, given: Iterable[bytes]) -> bool:
    """Return whether one of the signatures is the HMAC-SHA256 of `content` by one of the secrets.

    Every pair is compared, each in constant time, so that nothing is learned from the duration.
    """
    sums = [hmac.digest(secret, content, "sha256") for secret in secrets]
    return any([hmac.compare_digest(one, mark) for mark in given for one in sums])  # noqa: C419 - a generator would stop early


def require_match(secrets: Iterable[bytes], content: bytes, given: Iterable[bytes]) -> None:
    """Raise Unauthenticated unless `agrees`."""
    if not matches_any(secrets, content, given):
        raise Unauthenticated(WRONG_SIGNATURE)


def encode_secrets(secrets: Iterable[str]) -> list[bytes]:
    """Return the bytes of secrets that are used literally."""
    return [secret.encode() for secret in secrets]


def from_hex(text: str | None) -> bytes:
    """Return the bytes of a hexadecimal signature; raises Unauthenticated when there is none."""
    if not text:
        raise Unauthenticated("the request is not signed: set the secret at the sender")
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Unauthenticated("the signature is not hexadecimal") from error


def from_base64(text: str) -> bytes:
    """Return the bytes of a base64 signature; none for a text that is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def parse_seconds(text: str | None) -> datetime:
    """Return a time of sending in seconds since 1970; raises Unauthenticated for anything else."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > LATEST:
        raise Unauthenticated("the request does not say when it was signed")
    return datetime.fromtimestamp(int(text), UTC)


def require_fresh(sent: datetime, received_at: datetime, longest: timedelta = TOLERANCE) -> None:
    """Raise Unauthenticated unless `sent` is at most `longest` ago and TOLERANCE ahead."""
    if not received_at - longest <= sent <= received_at + TOLERANCE:
        raise Unauthenticated("the signature is too old, or the sender's clock is wrong")
