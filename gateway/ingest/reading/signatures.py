"""What signed senders have in common: secrets, sums compared in constant time, a window for the time of sending. Pure."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from gateway.errors import Unauthenticated

TOLERANCE = timedelta(minutes=5)
"""How far a signed time of sending may lie from ours, either way."""

LATEST = 253_402_300_799
"""The last second of the year 9999."""


class UnknownKey(Unauthenticated):
    """Signed with a key that is not among those remembered: perhaps a newer one."""


WRONG = "the signature is not by a secret of this source: compare the secret here and at the sender"


def agrees(secrets: Iterable[bytes], content: bytes, given: Iterable[bytes]) -> bool:
    """Whether one of the sums given is the HMAC-SHA256 of `content` by one of the secrets.

    Every pair is compared, each in constant time, so that nothing is learned from how long it took.
    """
    sums = [hmac.digest(secret, content, "sha256") for secret in secrets]
    return any([hmac.compare_digest(one, mark) for mark in given for one in sums])  # noqa: C419 - a generator would stop early


def check(secrets: Iterable[bytes], content: bytes, given: Iterable[bytes]) -> None:
    """As `agrees`; raises Unauthenticated where they do not."""
    if not agrees(secrets, content, given):
        raise Unauthenticated(WRONG)


def keys(secrets: Iterable[str]) -> list[bytes]:
    """Secrets that are used as they are written."""
    return [secret.encode() for secret in secrets]


def from_hex(text: str | None) -> bytes:
    """A signature written in hexadecimal; raises Unauthenticated when there is none."""
    if not text:
        raise Unauthenticated("the request is not signed: set the secret at the sender")
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Unauthenticated("the signature is not hexadecimal") from error


def from_base64(text: str) -> bytes:
    """A signature written in base64; nothing when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def seconds(text: str | None) -> datetime:
    """A time of sending in seconds since 1970; raises Unauthenticated for anything else."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > LATEST:
        raise Unauthenticated("the request does not say when it was signed")
    return datetime.fromtimestamp(int(text), UTC)


def fresh(sent: datetime, received_at: datetime, longest: timedelta = TOLERANCE) -> None:
    """It was sent within `longest` before now, or at most TOLERANCE ahead of our clock; raises Unauthenticated."""
    if not received_at - longest <= sent <= received_at + TOLERANCE:
        raise Unauthenticated("the signature is too old, or the sender's clock is wrong")
