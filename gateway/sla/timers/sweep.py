"""What PostgreSQL says is due soon, whatever anyone else believes: this alone bounds how late a timer can be."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.db.pool import Pool, acquire
from gateway.sla.timers import timer_store
from gateway.sla.timers.feeder import dues
from gateway.sla.timers.timer_store import SHARDS, TimerId

AHEAD = timedelta(seconds=60)
"""How far ahead rows are compared with the wheel."""

ORPHANED = timedelta(seconds=10)
"""A timer overdue by more may be fired by any replica, whoever holds the lease."""


async def sweep(pool: Pool, owned: Iterable[int], now: datetime | None) -> list[tuple[TimerId, int]]:
    """Timers of owned shards due within a minute, and anyone's that are orphaned, as (timer, due milliseconds)."""
    async with acquire(pool) as conn:
        near = await timer_store.due_soon(conn, owned, now, AHEAD)
        orphans = await timer_store.due_soon(conn, range(SHARDS), now, -ORPHANED)
    return dues({*near, *orphans})
