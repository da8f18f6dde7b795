"""The processing of pings and missed deadlines, of monitors and heartbeats: the alert first.

The row is locked, its new state computed, its alert handed to intake, and only then is it
written, so a 2xx means that both are committed. A crash in between leaves the row as it was and
due: the alert is sent again, which intake takes for a repeat.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import structlog

from gateway.db.pool import Connection, Pool, acquire, transaction
from gateway.errors import Overloaded, Unavailable
from gateway.receipts.submission import Receipt, Submission
from gateway.timing.clock import Clock
from gateway.timing.periodic import process_each

log = structlog.get_logger()

BATCH = 200
ERROR_PAUSE = timedelta(minutes=1)
"""The pause of a row that could not be processed."""

AT_ONCE = 4
"""The most rows processed at once.

Each holds a connection while intake commits, and others need connections too.
"""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class PulseChange:
    """The effect of a ping or a missed deadline: an alert, if any, and the writing of the row."""

    alert: Submission | None
    save: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PulseWriter:
    """The writer of changes, each in one transaction with a lock on its row."""

    pool: Pool
    clock: Clock
    submit: Callable[[Submission], Awaitable[Receipt]]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def write(self, judge: Callable[[Connection], Awaitable[PulseChange | None]]) -> None:
        """Write what `judge` returns after it locked the row; None writes nothing.

        Raises what `judge` raises, Unavailable and Overloaded.
        """
        async with self.turns, transaction(self.pool) as conn:
            change = await judge(conn)
            if change is None:
                return
            if change.alert is not None:
                await self.submit(change.alert)
            await change.save()


class DeadlineStore(Protocol[Key]):
    """The stored deadlines of monitors or of heartbeats."""

    async def overdue(self, conn: Connection, stamp: datetime | None, limit: int) -> Sequence[Key]:
        """Return the keys of rows whose deadline has passed, the longest overdue first."""
        ...

    async def miss(self, conn: Connection, key: Key, stamp: datetime | None) -> PulseChange | None:
        """Lock the row and return the effect of its missed deadline.

        None if it was pinged in the meantime or somebody else has locked it.
        """
        ...

    async def put_off(
        self, conn: Connection, key: Key, length: timedelta, stamp: datetime | None
    ) -> None:
        """Postpone a deadline."""
        ...


@dataclass(frozen=True, slots=True)
class OverdueSearch(Generic[Key]):
    """The periodic search for missed deadlines; any number of replicas may run it."""

    job: str
    store: DeadlineStore[Key]
    writer: PulseWriter

    async def run_once(self) -> int:
        """Raise the alerts of one batch of missed deadlines; return how many there were."""
        async with acquire(self.writer.pool) as conn:
            late = await self.store.overdue(conn, self.writer.clock.stamp(), BATCH)
        return await process_each(
            self.job, late, self._expire_or_put_off, ended_by=(Unavailable, Overloaded)
        )

    async def _expire_or_put_off(self, key: Key) -> None:
        stamp = self.writer.clock.stamp()
        try:
            await self.writer.write(lambda conn: self.store.miss(conn, key, stamp))
        except (Unavailable, Overloaded):
            raise
        except Exception:
            log.exception("deadline_poisoned", job=self.job, key=key)
            async with acquire(self.writer.pool) as conn:
                await self.store.put_off(conn, key, ERROR_PAUSE, stamp)
            raise
