"""Turns for searches: few run at a time, so that other reads find connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from gateway.errors import Overloaded, Unavailable

WAITING_PER_PLACE = 4
"""Searches that may wait for each one that runs; those above are refused at once."""

NARROW_LIST_HINT = "narrow it by updated_since, state, service or assignee_group"


@dataclass(slots=True)
class SearchLimiter:
    """The turns of searches: `places` run at once."""

    places: int = 4
    running: asyncio.Semaphore = field(init=False)
    waiting: int = 0

    def __post_init__(self) -> None:
        """Create the semaphore with its places."""
        self.running = asyncio.Semaphore(self.places)

    @asynccontextmanager
    async def turn(
        self, narrow: str = NARROW_LIST_HINT, *, needed: bool = True
    ) -> AsyncIterator[None]:
        """Wait for a place and hold it.

        Raises Overloaded when too many searches wait, or when the database takes too long.
        `narrow` says how the search can be made smaller. Without `needed` no place is taken.
        """
        if not needed:
            yield
            return
        if self.waiting >= self.places * WAITING_PER_PLACE:
            raise Overloaded(f"too many searches at once: search again shortly, or {narrow}")
        self.waiting += 1
        try:
            await self.running.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        except Unavailable as error:
            if not isinstance(error.__cause__, asyncpg.QueryCanceledError):
                raise
            raise Overloaded(
                f"the search takes longer than database.read_within: {narrow}"
            ) from error
        finally:
            self.running.release()
