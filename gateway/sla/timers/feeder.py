"""The feeding of the wheel from the Redis index.

While the index is unavailable PostgreSQL feeds it. Lost shards of the index are rebuilt.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from gateway.db.pool import Pool, acquire
from gateway.sla.timers import timer_store
from gateway.sla.timers.index import IndexUnavailable, TimerIndex
from gateway.sla.timers.observer import TimerListener
from gateway.sla.timers.slots import ceil_ms, micros, pack
from gateway.sla.timers.timer_store import Armed, TimerId
from gateway.timing.clock import Clock

HORIZON = timedelta(seconds=90)
"""The time ahead of now for which the wheel is fed."""

PAGE = 5_000


def due_times(timers: Iterable[Armed]) -> list[tuple[TimerId, int]]:
    """Return armed timers as (timer, due milliseconds); disarmed ones are left out."""
    return [
        (TimerId(t.incident_id, t.kind), ceil_ms(micros(t.due_at)))
        for t in timers
        if t.due_at is not None
    ]


class WheelFeeder:
    """A loader of shards into the wheel.

    The state of Redis changes only the source it reads from.
    """

    def __init__(
        self, pool: Pool, index: TimerIndex | None, clock: Clock, observer: TimerListener
    ) -> None:
        self._pool = pool
        self._index = index
        self._clock = clock
        self._observer = observer

    @property
    def index_up(self) -> bool:
        """False while PostgreSQL alone feeds the wheel."""
        return self._index is not None and self._index.up

    async def load(self, shards: Sequence[int], now_us: int) -> list[tuple[TimerId, int]]:
        """Return the timers of these shards that fall due within the horizon of `now_us`.

        Raises Unavailable if PostgreSQL is needed and does not answer.
        """
        timers: list[tuple[TimerId, int]] = []
        missing: list[int] = []
        for shard in shards:
            found = await self._peek(shard, now_us)
            if found is None:
                missing.append(shard)
            else:
                timers += found
        self._observer.index_up(self.index_up)
        return timers + await self._from_postgres(missing)

    async def _peek(self, shard: int, now_us: int) -> Sequence[tuple[TimerId, int]] | None:
        if self._index is None:
            return None
        try:
            peeked = await self._index.peek(shard, now_us + HORIZON // timedelta(microseconds=1))
            if peeked.built:
                return peeked.timers
            await self._rebuild(self._index, shard, now_us)
        except IndexUnavailable:
            return None
        return None

    async def _rebuild(self, index: TimerIndex, shard: int, now_us: int) -> None:
        await index.clear(shard)
        after, page = timer_store.START, [timer_store.START]
        async with acquire(self._pool) as conn:
            while page:
                page = await timer_store.armed_page(conn, shard, after, PAGE)
                await index.add(pack(*timer) for timer in due_times(page))
                after = page[-1] if page else after
        await index.built(shard, now_us)
        self._observer.rebuilt(shard)

    async def _from_postgres(self, shards: Sequence[int]) -> list[tuple[TimerId, int]]:
        if not shards:
            return []
        async with acquire(self._pool) as conn:
            return due_times(await timer_store.due_soon(conn, shards, self._clock.stamp(), HORIZON))
