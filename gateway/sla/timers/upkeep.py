"""Keeps the index up with what was committed: queued at once, written a moment later, never in anyone's way."""

from collections.abc import Iterable

from gateway.sla.timers.index import Index
from gateway.sla.timers.slots import pack
from gateway.sla.timers.timer_store import TimerId

MOST = 200_000
"""Changes kept while Redis is out; more are forgotten and found by the sweep."""


class Upkeep:
    """Changes to the index that are still to be written; the last word on an entry wins."""

    def __init__(self, index: Index | None) -> None:
        self._index = index
        self._changes: dict[tuple[TimerId, int], bool] = {}

    def __len__(self) -> int:
        """How many changes wait."""
        return len(self._changes)

    def add(self, timers: Iterable[tuple[TimerId, int]]) -> None:
        """These (timer, due milliseconds) were armed."""
        self._queue(timers, present=True)

    def discard(self, timers: Iterable[tuple[TimerId, int]]) -> None:
        """These have fired, or no longer stand in PostgreSQL."""
        self._queue(timers, present=False)

    def _queue(self, timers: Iterable[tuple[TimerId, int]], *, present: bool) -> None:
        if self._index is None:
            return
        for timer in timers:
            if len(self._changes) < MOST:
                self._changes[timer] = present

    async def flush(self) -> None:
        """Write what waits; raises IndexUnavailable, after which it still waits."""
        if self._index is None or not self._changes:
            return
        changes, self._changes = self._changes, {}
        try:
            await self._index.add(pack(*timer) for timer, present in changes.items() if present)
            await self._index.discard(pack(*timer) for timer, present in changes.items() if not present)
        except BaseException:
            self._changes = changes | self._changes
            raise
