"""An access token of a vendor that expires after hours and may be revoked earlier."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.notify.message import Retry, Undeliverable
from gateway.timing.clock import Clock

EXPIRY_MARGIN = timedelta(minutes=5)
"""How long before it expires a token is no longer used."""


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A token and its lifetime as stated by the vendor."""

    token: str
    lasts: timedelta


Fetch = Callable[[], Awaitable[FetchedToken | Retry | Undeliverable]]


class AccessToken:
    """An access token that is shared by all senders and fetched when needed.

    It is fetched again shortly before it expires, or once the vendor has refused it.
    """

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._token, self._good_until = "", 0.0
        self._turn = asyncio.Lock()

    async def get(self) -> str | Retry | Undeliverable:
        """Return the token, or why there is none."""
        async with self._turn:
            if self._token and self._clock.monotonic() < self._good_until:
                return self._token
            fetched = await self._fetch()
            if not isinstance(fetched, FetchedToken):
                return fetched
            self._good_until = (
                self._clock.monotonic()
                + max(fetched.lasts - EXPIRY_MARGIN, timedelta(0)).total_seconds()
            )
            self._token = fetched.token
            return self._token

    def forget(self, refused: str) -> None:
        """Forget a token that the vendor refused; a token fetched since then stays."""
        if self._token == refused:
            self._token = ""
