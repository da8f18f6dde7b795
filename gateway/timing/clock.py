"""The clock that all code of the gateway takes the time from.

PostgreSQL's clock decides whether a timer is due and when something happened, so `stamp()`
returns None in production and every statement writes `moment($n)`, which is the moment of the
statement then. Tests pass a clock whose `stamp()` returns a moment they chose. `monotonic()`
measures durations and schedules polls; it never decides that something is due.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """A clock: the time to judge by, wall-clock time, monotonic time and sleep."""

    def stamp(self) -> datetime | None:
        """Return the moment to judge by, or None to use PostgreSQL's own clock."""
        ...

    def now(self) -> datetime:
        """Return the time of the wall clock in UTC.

        It serves signatures, logs and estimates, never the decision that something is due.
        """
        ...

    def monotonic(self) -> float:
        """Return monotonic seconds, for durations and for scheduling polls."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of monotonic time."""
        ...


class SystemClock:
    """The clock of the machine."""

    def stamp(self) -> datetime | None:
        """Return None, so that PostgreSQL's own clock is used."""
        return None

    def now(self) -> datetime:
        """Return the wall-clock time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the running event loop."""
        await asyncio.sleep(seconds)


async def sleep_or_event(clock: Clock, seconds: float, event: asyncio.Event) -> None:
    """Sleep for that time, or until the event is set."""
    waiters = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(event.wait())}
    try:
        await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)


async def yield_to_other_tasks() -> None:
    """Let the other tasks of the event loop run, in the middle of long work."""
    await asyncio.sleep(0)


async def iterate_in_chunks(items: Sequence[T], size: int) -> AsyncIterator[Sequence[T]]:
    """Yield the items in pieces of `size`; other tasks run between two pieces."""
    for start in range(0, len(items), size):
        if start:
            await yield_to_other_tasks()
        yield items[start : start + size]
