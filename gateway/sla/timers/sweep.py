"""The sweep: a regular read of PostgreSQL for timers due soon, independent of index and wheel.

It alone bounds how late a timer can be.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.db.pool import Pool, acquire
from gateway.incidents.arming import SHARDS
from gateway.sla.timers import timer_store
from gateway.sla.timers.feeder import due_times
from gateway.sla.timers.timer_store import TimerId

AHEAD = timedelta(seconds=60)
"""The time ahead of now for which rows are compared with the wheel."""

ORPHANED = timedelta(seconds=10)
"""The time after which an overdue timer may be fired by any replica, whoever holds the lease."""


async def sweep(
    pool: Pool, owned: Iterable[int], now: datetime | None
) -> list[tuple[TimerId, int]]:
    """Return timers of owned shards due within a minute, and orphaned timers of any shard.

    They are given as (timer, due milliseconds).
    """
    async with acquire(pool) as conn:
        near = await timer_store.due_soon(conn, owned, now, AHEAD)
        orphans = await timer_store.due_soon(conn, range(SHARDS), now, -ORPHANED)
    return due_times({*near, *orphans})
