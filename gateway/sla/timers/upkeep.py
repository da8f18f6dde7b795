"""The upkeep of the index after commits: changes are queued at once and written a moment later."""

from collections.abc import Iterable

from gateway.sla.timers.index import TimerIndex
from gateway.sla.timers.slots import pack
from gateway.sla.timers.timer_store import TimerId

MOST = 200_000
"""The most changes kept while Redis is unavailable; more are dropped and found by the sweep."""


class IndexUpkeep:
    """The changes of the index that are still to be written; the last one of an entry counts."""

    def __init__(self, index: TimerIndex | None) -> None:
        self._index = index
        self._changes: dict[tuple[TimerId, int], bool] = {}

    def __len__(self) -> int:
        """Return the number of changes that wait."""
        return len(self._changes)

    def add(self, timers: Iterable[tuple[TimerId, int]]) -> None:
        """Queue timers that were armed, as (timer, due milliseconds)."""
        self._queue(timers, present=True)

    def discard(self, timers: Iterable[tuple[TimerId, int]]) -> None:
        """Queue timers that have fired, or are no longer armed in PostgreSQL."""
        self._queue(timers, present=False)

    def _queue(self, timers: Iterable[tuple[TimerId, int]], *, present: bool) -> None:
        if self._index is None:
            return
        for timer in timers:
            if len(self._changes) < MOST:
                self._changes[timer] = present

    async def flush(self) -> None:
        """Write the queued changes; raise IndexUnavailable, after which they still wait."""
        if self._index is None or not self._changes:
            return
        changes, self._changes = self._changes, {}
        try:
            await self._index.add(pack(*timer) for timer, present in changes.items() if present)
            await self._index.discard(
                pack(*timer) for timer, present in changes.items() if not present
            )
        except BaseException:
            self._changes = changes | self._changes
            raise
