"""A vendor's token that lasts for hours and may end before."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from gateway.clock import Clock
from gateway.notify.message import Dead, Retry

EARLY = timedelta(minutes=5)
"""How long before its end a token is not used any more."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A token and how long the vendor says it lasts."""

    token: str
    lasts: timedelta


Fetch = Callable[[], Awaitable[Fetched | Retry | Dead]]


class AccessToken:
    """A token that is fetched when it is needed, by one sender for all, and again before it ends or once it is refused."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._token, self._good_until = "", 0.0
        self._turn = asyncio.Lock()

    async def get(self) -> str | Retry | Dead:
        """The token, or why there is none."""
        async with self._turn:
            if self._token and self._clock.monotonic() < self._good_until:
                return self._token
            fetched = await self._fetch()
            if not isinstance(fetched, Fetched):
                return fetched
            self._good_until = self._clock.monotonic() + max(fetched.lasts - EARLY, timedelta(0)).total_seconds()
            self._token = fetched.token
            return self._token

    def forget(self, refused: str) -> None:
        """The vendor takes this one no longer; one that was fetched since stays."""
        if self._token == refused:
            self._token = ""
