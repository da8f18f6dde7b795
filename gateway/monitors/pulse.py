"""The processing of pings and missed deadlines: the alert is committed before the monitor.

The monitor is locked, its new state computed, its alert handed to intake, and only then is it
written, so a 2xx means that both are committed. A crash in between leaves the monitor as it was
and due: the alert is sent again, which intake takes for a repeat. `due_at` is always set, so
whatever goes wrong with one ping is found at the next deadline.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from gateway.clock import Clock
from gateway.db.pool import Pool, acquire, transaction
from gateway.errors import Conflict, NotFound, Overloaded, Unavailable
from gateway.monitors import evaluation, store
from gateway.monitors.evaluation import MonitorChange
from gateway.monitors.model import NAMESPACE, Ping
from gateway.observe.metrics import Metrics
from gateway.periodic import process_each
from gateway.receipts.submission import Receipt, Submission

log = structlog.get_logger()

EVERY = 1.0
"""Seconds between two searches for overdue monitors."""

BATCH = 200
ERROR_PAUSE = timedelta(minutes=1)
"""The pause of a monitor that could not be processed."""

AT_ONCE = 4
"""The most pings processed at once.

Each holds a connection while intake commits, and others need connections too.
"""

FIRST_PING_SETTINGS = {
    "description": "",
    "period_seconds": 86_400,
    "schedule": "",
    "zone": "UTC",
    "grace_seconds": 3_600,
    "severity": "",
    "service": "",
    "ci": "",
    "enabled": True,
}
"""The settings of a monitor created by its first ping: one ping a day, with an hour of grace."""


@dataclass(frozen=True, slots=True)
class PingService:
    """The processor of pings and missed deadlines; any number of replicas may run it."""

    pool: Pool
    clock: Clock
    submit: Callable[[Submission], Awaitable[Receipt]]
    metrics: Metrics
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def ping(
        self,
        integration_id: int,
        slug: str,
        ping: Ping,
        body: bytes,
        headers: Mapping[str, str],
        *,
        create: bool,
    ) -> bool:
        """Process one ping; return whether it created its monitor, which only `create` allows.

        Raises NotFound, Unavailable, Overloaded.
        """
        async with self.turns, transaction(self.pool) as conn:
            monitor = await store.by_slug(conn, integration_id, slug)
            made = create and monitor is None
            if made:
                with suppress(Conflict):  # another ping created it just now, or there are too many
                    await store.create(
                        conn,
                        integration_id,
                        slug,
                        {"name": slug, **FIRST_PING_SETTINGS},
                        self.clock.stamp(),
                    )
                monitor = await store.by_slug(conn, integration_id, slug)
            if monitor is None:
                self.metrics.ping(None)
                raise NotFound(f"there is no monitor {slug}: make it, or ping with ?create=1")
            at = await store.database_time(conn, self.clock.stamp())
            judged = evaluation.apply_ping(monitor, ping, at)
            await self._tell(judged, f"{ping.said}:{at.isoformat()}", body, headers)
            await store.save_state(conn, judged.monitor)
        self.metrics.ping(ping.said)
        return made

    async def run_once(self) -> int:
        """Raise alerts for one batch of overdue monitors; returns how many there were."""
        async with acquire(self.pool) as conn:
            late = await store.due(conn, self.clock.stamp(), BATCH)
        return await process_each(
            "monitors", late, self._expire_or_put_off, ended_by=(Unavailable, Overloaded)
        )

    async def _expire_or_put_off(self, monitor_id: int) -> None:
        try:
            await self._expire(monitor_id)
        except (Unavailable, Overloaded):
            raise
        except Exception:
            log.exception("monitor_poisoned", id=monitor_id)
            await self._put_off(monitor_id)
            raise

    async def _put_off(self, monitor_id: int) -> None:
        async with acquire(self.pool) as conn:
            await store.put_off(conn, monitor_id, ERROR_PAUSE, self.clock.stamp())

    async def _expire(self, monitor_id: int) -> None:
        async with transaction(self.pool) as conn:
            monitor = await store.still_due(conn, monitor_id, self.clock.stamp())
            if monitor is None or monitor.due_at is None:
                return
            judged = evaluation.apply_missed_deadline(
                monitor, await store.database_time(conn, self.clock.stamp())
            )
            await self._tell(judged, f"due:{monitor.due_at.isoformat()}", b"", {})
            await store.save_state(conn, judged.monitor)

    async def _tell(
        self, judged: MonitorChange, moment: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        monitor, alert = judged.monitor, judged.alert
        if alert is not None:
            delivery = f"monitor:{monitor.id}:{moment}"
            await self.submit(
                Submission(
                    monitor.integration_id,
                    NAMESPACE,
                    body,
                    headers,
                    ((0, alert),),
                    delivery_id=delivery,
                )
            )
