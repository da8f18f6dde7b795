"""The notifier: claims outbox rows, sends and settles them.

No transaction is open while a message is sent. A batch is small enough that its slowest course
(every send running into its timeout) ends before the claim's visibility does, so no other
replica picks up a row that is still being sent.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.db.pool import LOST_RACE, acquire
from gateway.errors import Unavailable
from gateway.notify import outbox
from gateway.notify.delivery import MessageDelivery
from gateway.notify.outbox import OutboxRow
from gateway.notify.retries import Settlement
from gateway.observe.metric_labels import SendOutcome
from gateway.timing.clock import sleep_or_event

log = structlog.get_logger()

BATCH = 64
CONCURRENCY = 16
POLL_S = 1.0
AFTER_TROUBLE_S = 5.0
SETTLE_TRIES = 3


@dataclass(slots=True, kw_only=True)
class NotificationRunner(MessageDelivery):
    """The runner of notifications, one per replica.

    Set `wake` after a commit that wrote to the outbox, so that nobody waits for the next poll.
    `alive` says that it runs: no message and no failure of the database ends it.
    """

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    alive: bool = False
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENCY))

    async def run_once(self, now: datetime | None) -> int:
        """Claim, send and settle one batch; returns how many rows were claimed.

        With `now` None, PostgreSQL's clock decides.
        """
        async with acquire(self.pool) as conn:
            rows = await outbox.claim(conn, now, BATCH)
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(self._deliver(row, now))
        self.metrics.notifications.breakers_open.set(self.breakers.open_count())
        return len(rows)

    async def run(self) -> None:
        """Run until cancelled: batch after batch, then wait for `wake` or the next poll."""
        self.alive = True
        try:
            while True:
                self.wake.clear()
                if pause := await self._round():
                    await sleep_or_event(self.clock, pause, self.wake)
        finally:
            self.alive = False

    async def _round(self) -> float:
        """Run once; return the seconds to pause."""
        try:
            return 0.0 if await self.run_once(self.clock.stamp()) == BATCH else POLL_S
        except (Unavailable, *LOST_RACE) as error:
            log.warning(
                "notify_claim_failed",
                error=repr(error),
            )
        except Exception:
            log.exception("notify_round_failed")
        return AFTER_TROUBLE_S

    async def _deliver(self, row: OutboxRow, now: datetime | None) -> None:
        async with self._slots:
            verdict, outcome, channel = await self.attempt(row)
            await self._settle(verdict, now)
        self.metrics.notifications.sent(channel, outcome)
        if verdict.state == "pending" and not verdict.wait > timedelta():
            self.wake.set()
        if outcome is not SendOutcome.SENT:
            log.info(
                "notify_not_delivered",
                outcome=outcome.value,
                id=str(row.id),
                channel=self.metrics.notifications.channel(channel),
                attempt=row.attempts,
                reason=verdict.error,
            )

    async def _settle(self, verdict: Settlement, now: datetime | None) -> None:
        """Write a settlement, trying several times.

        If the database stays away, the row comes back after its visibility timeout and is sent
        again under the same id.
        """
        for _ in range(SETTLE_TRIES):
            try:
                async with acquire(self.pool) as conn:
                    await outbox.settle(conn, now, [verdict])
            except (Unavailable, *LOST_RACE) as error:
                log.warning(
                    "notify_settle_failed",
                    id=str(verdict.id),
                    error=repr(error),
                )
                await self.clock.sleep(POLL_S)
            else:
                return
