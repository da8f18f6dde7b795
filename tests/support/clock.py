"""A clock that moves only when a test moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday noon, the begin of most stories."""


class FakeClock:
    """A fake clock: `stamp()` is the chosen time, so PostgreSQL's clock is not used.

    Sleepers wake when `advance` passes their time.
    """

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def stamp(self) -> datetime | None:
        return self.at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._sleepers, (self.at + timedelta(seconds=seconds), next(self._order), future)
        )
        await future

    def advance(self, delta: timedelta) -> None:
        """Move the clock, and wake every sleeper that falls due, in order."""
        self.at += delta
        while self._sleepers and self._sleepers[0][0] <= self.at:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)
