"""The only door to time.

Whether a timer is due, and when something happened, is judged by PostgreSQL's clock, so `stamp()` answers None in
production and every statement writes `coalesce($n, statement_timestamp())`. Tests hand in a clock whose `stamp()`
is a moment they chose. `monotonic()` measures durations and schedules polls; it never decides that something is due.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """What the gateway may ask about time."""

    def stamp(self) -> datetime | None:
        """The moment to judge by, or None to let PostgreSQL's own clock judge."""
        ...

    def now(self) -> datetime:
        """The machine's wall clock, aware UTC: for signatures, logs and estimates, never for what is due."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow: for durations and for when to look again."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of monotonic time."""
        ...


class SystemClock:
    """The machine's clock."""

    def stamp(self) -> datetime | None:
        """Let PostgreSQL judge."""
        return None

    def now(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the running loop."""
        await asyncio.sleep(seconds)


async def let_others_go_first() -> None:
    """Give everything else that the event loop has to do its turn: not to wait, but in the middle of long work."""
    await asyncio.sleep(0)


async def in_pieces(items: Sequence[T], size: int) -> AsyncIterator[Sequence[T]]:
    """Yield the items, so many at a time, and let others go first between two pieces."""
    for start in range(0, len(items), size):
        if start:
            await let_others_go_first()
        yield items[start : start + size]
