"""A subscription of a browser: where messages for it are posted, and its keys. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from gateway.channels.push.webpush.encryption import BrowserKeys, read_point
from gateway.channels.push.webpush.vapid import from_base64
from gateway.errors import Flaw, Unprocessable

AUTH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a browser: its address, its keys, and the key of ours that it expects."""

    endpoint: str
    keys: BrowserKeys
    server_key: bytes


class PostedSubscription(Protocol):
    """A subscription as it is posted: an address, and keys as URL-safe base64."""

    endpoint: str
    p256dh: str
    auth: str
    server_key: str


def read_subscription(posted: PostedSubscription, check: Callable[[str], object]) -> Subscription:
    """Return the subscription; `check` raises OSError for an address that must not be called.

    Raises Unprocessable with all flaws.
    """
    flaws = [*_flaw("/endpoint", lambda: check(posted.endpoint))]
    flaws += _flaw("/p256dh", lambda: read_point(from_base64(posted.p256dh)))
    flaws += _flaw("/auth", lambda: _read_secret(posted.auth))
    flaws += _flaw("/server_key", lambda: read_point(from_base64(posted.server_key)))
    if flaws:
        raise Unprocessable("this is no subscription of a browser", flaws=tuple(flaws))
    keys = BrowserKeys(from_base64(posted.p256dh), _read_secret(posted.auth))
    return Subscription(posted.endpoint, keys, from_base64(posted.server_key))


def _read_secret(text: str) -> bytes:
    secret = from_base64(text)
    if len(secret) != AUTH_BYTES:
        raise ValueError(f"the secret of a browser has {AUTH_BYTES} bytes")
    return secret


def _flaw(pointer: str, read: Callable[[], object]) -> Iterator[Flaw]:
    try:
        read()
    except (OSError, ValueError) as error:
        yield Flaw(pointer, str(error))
