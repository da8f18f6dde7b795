"""The notifier: claims outbox rows, sends and settles them.

No transaction is open while a message is sent. What is claimed does not wait for what was
claimed before: while a slow endpoint holds its slots, urgent messages to others go on. A message
that waited for a slot and then runs into its timeout is settled before its claim expires, so no
other replica picks up a row that is still being sent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.db.pool import LOST_RACE, acquire, transaction
from gateway.errors import Unavailable
from gateway.notify import outbox
from gateway.notify.attempt_log import AttemptRecord, record_attempts
from gateway.notify.delivery import PERSON, MessageDelivery
from gateway.notify.dispatching import dispatch
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.retries import Settlement
from gateway.observe.metric_labels import SendOutcome
from gateway.timing.clock import sleep_or_event

log = structlog.get_logger()

BATCH = 64
POLL_S = 1.0
AFTER_TROUBLE_S = 5.0
SETTLE_WITHIN_S = 40.0
"""The seconds for which a settlement is tried: before the claim expires, also after a slow send."""


@dataclass(slots=True, kw_only=True)
class NotificationRunner(MessageDelivery):
    """The runner of notifications, one per replica.

    Set `wake` after a commit that wrote to the outbox, so that nobody waits for the next poll.
    `alive` says that it runs: no message and no failure of the database ends it.
    """

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    alive: bool = False
    _running: int = 0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run_once(self, now: datetime | None) -> int:
        """Claim, send and settle one batch; returns how many rows were claimed.

        With `now` None, PostgreSQL's clock decides.
        """
        async with asyncio.TaskGroup() as group:
            claimed = await self._begin(group, now)
        self.metrics.notifications.breakers_open.set(self.breakers.open_count())
        return claimed

    async def run(self) -> None:
        """Run until cancelled: claim while there is room, then wait for `wake` or the next poll."""
        self.alive = True
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self.wake.clear()
                    if pause := await self._round(group):
                        await sleep_or_event(self.clock, pause, self.wake)
        finally:
            self.alive = False

    async def _round(self, group: asyncio.TaskGroup) -> float:
        """Begin what there is room for; return the seconds to pause."""
        self.metrics.notifications.breakers_open.set(self.breakers.open_count())
        try:
            room = BATCH - self._running
            if room > 0:
                return 0.0 if await self._begin(group, self.clock.stamp()) == room else POLL_S
            self._done.clear()
            await self._done.wait()
        except (Unavailable, *LOST_RACE) as error:
            log.warning(
                "notify_claim_failed",
                error=repr(error),
            )
        except Exception:
            log.exception("notify_round_failed")
        else:
            return 0.0
        return AFTER_TROUBLE_S

    async def _begin(self, group: asyncio.TaskGroup, now: datetime | None) -> int:
        """Claim as many rows as there is room for, and begin to send them."""
        async with acquire(self.pool) as conn:
            rows = await outbox.claim(conn, now, BATCH - self._running)
        for due in _by_recipient(rows):
            self._running += len(due)
            group.create_task(self._take(group, due, now))
        return len(rows)

    async def _take(
        self, group: asyncio.TaskGroup, rows: Sequence[OutboxRow], now: datetime | None
    ) -> None:
        """Send what is due to one recipient, or the part of it that goes now."""
        begun = 0
        try:
            for row in await self._to_send(rows, now):
                group.create_task(self._deliver(row, now))
                begun += 1
        finally:
            self._end(len(rows) - begun)

    async def _to_send(
        self, rows: Sequence[OutboxRow], now: datetime | None
    ) -> Sequence[OutboxRow]:
        """Return what is sent now; rows that cannot be decided on are each tried by themselves."""
        if rows[0].channel != PERSON:
            return rows
        try:
            async with self.lookups:
                chosen = await dispatch(self.pool, rows, self.pacing, now)
        except Exception:
            log.exception("notify_turn_unreadable", login=rows[0].recipient)
            return rows
        if chosen.bundled:
            self.wake.set()
        return chosen.sent

    def _end(self, rows: int) -> None:
        self._running -= rows
        self._done.set()

    async def _deliver(self, row: OutboxRow, now: datetime | None) -> None:
        try:
            verdict, outcome, channel, made = await self.attempt(row)
            await self._settle(verdict, now, made)
        except Exception:
            log.exception("notify_delivery_failed", id=str(row.id))
            return
        finally:
            self._end(1)
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

    async def _settle(
        self, verdict: Settlement, now: datetime | None, made: AttemptRecord | None
    ) -> None:
        """Write a settlement and what the log keeps of the attempt, trying until the claim expires.

        So a restart of the database sends nothing twice. If it stays away for longer, the row
        comes back after its visibility timeout and is sent again under the same id.
        """
        until = self.clock.monotonic() + SETTLE_WITHIN_S
        while self.clock.monotonic() < until:
            try:
                async with self.lookups, transaction(self.pool) as conn:
                    await outbox.settle(conn, now, [verdict])
                    await record_attempts(conn, now, [made] if made is not None else [])
            except (Unavailable, *LOST_RACE) as error:
                log.warning(
                    "notify_settle_failed",
                    id=str(verdict.id),
                    error=repr(error),
                )
                await self.clock.sleep(POLL_S)
            else:
                return


def _by_recipient(rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
    """Return the rows of each person together, and each other row alone."""
    found: dict[object, list[OutboxRow]] = {}
    for row in rows:
        found.setdefault(row.recipient if row.channel == PERSON else row.id, []).append(row)
    return list(found.values())
