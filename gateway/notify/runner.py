"""Tells people: claims what is owed, sends it, settles it. No transaction is open while something is being sent.

A batch is small enough that its slowest course (every send running into its timeout) ends before the claim's
visibility does, so no other replica picks up what is still being sent.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.clock import Clock
from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.incidents.labels import LOCALES, Locale
from gateway.metrics import Metrics, SendOutcome, channel_label
from gateway.notify import outbox
from gateway.notify.breaker import Breakers
from gateway.notify.message import Channel, Dead, Message, Result, Retry
from gateway.notify.outbox import Owed
from gateway.notify.retries import Settlement, defer, failing, settle
from gateway.notify.templates import render

log = structlog.get_logger()

BATCH = 64
CONCURRENCY = 16
SEND_TIMEOUT_S = 10.0
POLL_S = 1.0
AFTER_TROUBLE_S = 5.0
SETTLE_TRIES = 3


@dataclass(slots=True, kw_only=True)
class Runner:
    """One per replica; set `wake` after a commit that owed something, so that nobody waits for the next poll."""

    pool: Pool
    channels: Mapping[str, Channel]
    metrics: Metrics
    clock: Clock
    locale: Locale = "en"
    external_url: str = ""
    send_timeout_s: float = SEND_TIMEOUT_S
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    breakers: Breakers = field(default_factory=Breakers)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENCY))

    async def run_once(self, now: datetime | None) -> int:
        """Claim one batch, send and settle it; answers how many were claimed. `now` None lets PostgreSQL judge."""
        async with acquire(self.pool) as conn:
            owed = await outbox.claim(conn, now, BATCH)
        async with asyncio.TaskGroup() as group:
            for row in owed:
                group.create_task(self._deliver(row, now))
        self.metrics.breakers_open.set(self.breakers.open_count())
        return len(owed)

    async def run(self) -> None:
        """Until cancelled: batch after batch while there is work, else wait for `wake` or the next poll."""
        while True:
            self.wake.clear()
            try:
                pause = 0.0 if await self.run_once(self.clock.stamp()) == BATCH else POLL_S
            except (Unavailable, *LOST_RACE) as error:
                log.warning("notifications wait for the database", action="notify_claim_failed", error=repr(error))
                pause = AFTER_TROUBLE_S
            if pause:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        waiters = {asyncio.ensure_future(self.wake.wait()), asyncio.ensure_future(self.clock.sleep(seconds))}
        try:
            await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiter in waiters:
                waiter.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiter

    async def _deliver(self, owed: Owed, now: datetime | None) -> None:
        async with self._slots:
            verdict, outcome = await self._attempt(owed)
            await self._settle(verdict, now)
        self.metrics.sent(owed.channel, outcome)
        if outcome is not SendOutcome.SENT:
            log.info(
                "a notification was not delivered",
                action="notify_" + outcome.value,
                id=str(owed.id),
                channel=channel_label(owed.channel),
                attempt=owed.attempts,
                reason=verdict.error,
            )

    async def _settle(self, verdict: Settlement, now: datetime | None) -> None:
        """Write it down; if the database stays away, the row comes back after its visibility and is sent under the same id."""
        for _ in range(SETTLE_TRIES):
            try:
                async with acquire(self.pool) as conn:
                    await outbox.settle(conn, now, [verdict])
            except (Unavailable, *LOST_RACE) as error:
                log.warning(
                    "a notification could not be settled", action="notify_settle_failed", id=str(verdict.id), error=repr(error)
                )
                await self.clock.sleep(POLL_S)
            else:
                return

    async def _attempt(self, owed: Owed) -> tuple[Settlement, SendOutcome]:
        channel = self.channels.get(owed.channel)
        if channel is None:
            named = f"there is no channel {owed.channel!r}" if owed.channel else f"{owed.recipient!r} names no channel"
            return _verdict(owed, Dead(named))
        try:
            message = self._message(owed)
        except ValueError as error:
            return _verdict(owed, Dead(str(error)))
        endpoint = channel.endpoint(owed.recipient)
        if wait := self.breakers.wait(endpoint, self.clock.monotonic()):
            put_back = defer(owed.id, owed.attempts, owed.created_at, owed.claimed_at, timedelta(seconds=wait))
            return put_back, SendOutcome.DEFERRED if put_back.state == "pending" else SendOutcome.DEAD
        result = await self._send(channel, message, owed)
        self.breakers.report(endpoint, self.clock.monotonic(), failed=failing(result))
        return _verdict(owed, result)

    def _message(self, owed: Owed) -> Message:
        locale = next((known for known in LOCALES if known == owed.facts.get("locale")), self.locale)
        words = render(owed.template, owed.facts, self.external_url, locale)
        return Message(
            id=owed.id,
            incident_id=owed.incident_id,
            recipient=owed.recipient,
            template=owed.template,
            role=owed.role,
            subject=words.subject,
            text=words.text,
            facts=owed.facts,
            created_at=owed.created_at,
        )

    async def _send(self, channel: Channel, message: Message, owed: Owed) -> Result:
        started = self.clock.monotonic()
        try:
            async with asyncio.timeout(self.send_timeout_s):
                return await channel.send(message)
        except TimeoutError:
            return Retry(f"no answer within {self.send_timeout_s:g} s", down=True)
        except Exception as error:
            log.exception("a channel failed", action="notify_channel_failed", id=str(owed.id))
            return Retry(f"internal: {type(error).__name__}")
        finally:
            self.metrics.send_seconds.labels(channel_label(owed.channel)).observe(self.clock.monotonic() - started)


def _verdict(owed: Owed, result: Result) -> tuple[Settlement, SendOutcome]:
    verdict = settle(owed.id, owed.attempts, owed.claimed_at - owed.created_at, result)
    outcome = {"sent": SendOutcome.SENT, "dead": SendOutcome.DEAD}.get(verdict.state, SendOutcome.RETRY)
    return verdict, outcome
