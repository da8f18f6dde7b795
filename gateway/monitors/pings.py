"""The processing of monitors' pings and missed deadlines.

`due_at` is always set, so whatever goes wrong with one ping is found at the next deadline.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.db.pool import Connection
from gateway.errors import Conflict, NotFound
from gateway.monitors import evaluation, store
from gateway.monitors.evaluation import MonitorChange
from gateway.monitors.model import NAMESPACE, Monitor, Ping
from gateway.monitors.pulse import PulseChange, PulseWriter
from gateway.observe.metrics import Metrics
from gateway.receipts.submission import Submission

EVERY = 1.0
"""Seconds between two searches for overdue monitors."""

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
    """The processor of pings."""

    writer: PulseWriter
    metrics: Metrics

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
        made, stamp = False, self.writer.clock.stamp()

        async def judge(conn: Connection) -> PulseChange:
            nonlocal made
            monitor = await store.by_slug(conn, integration_id, slug)
            if made := create and monitor is None:
                monitor = await _create(conn, integration_id, slug, stamp)
            if monitor is None:
                self.metrics.ping(None)
                raise NotFound(f"there is no monitor {slug}: make it, or ping with ?create=1")
            at = await store.database_time(conn, stamp)
            judged = evaluation.apply_ping(monitor, ping, at)
            return _change(conn, judged, f"{ping.said}:{at.isoformat()}", body, headers)

        await self.writer.write(judge)
        self.metrics.ping(ping.said)
        return made


async def _create(
    conn: Connection, integration_id: int, slug: str, stamp: datetime | None
) -> Monitor | None:
    with suppress(Conflict):  # another ping created it just now, or there are too many
        await store.create(conn, integration_id, slug, {"name": slug, **FIRST_PING_SETTINGS}, stamp)
    return await store.by_slug(conn, integration_id, slug)


class MonitorDeadlines:
    """The stored deadlines of monitors."""

    async def overdue(self, conn: Connection, stamp: datetime | None, limit: int) -> Sequence[int]:
        """Return the ids of monitors whose deadline has passed, the longest overdue first."""
        return await store.due(conn, stamp, limit)

    async def miss(self, conn: Connection, key: int, stamp: datetime | None) -> PulseChange | None:
        """Lock the monitor and return the effect of its missed deadline."""
        monitor = await store.still_due(conn, key, stamp)
        if monitor is None or monitor.due_at is None:
            return None
        judged = evaluation.apply_missed_deadline(monitor, await store.database_time(conn, stamp))
        return _change(conn, judged, f"due:{monitor.due_at.isoformat()}", b"", {})

    async def put_off(
        self, conn: Connection, key: int, length: timedelta, stamp: datetime | None
    ) -> None:
        """Postpone a monitor's deadline."""
        await store.put_off(conn, key, length, stamp)


def _change(
    conn: Connection, judged: MonitorChange, moment: str, body: bytes, headers: Mapping[str, str]
) -> PulseChange:
    """Return the change that submits the alert, if any, and writes the monitor."""
    monitor, alert, submission = judged.monitor, judged.alert, None
    if alert is not None:
        submission = Submission(
            monitor.integration_id,
            NAMESPACE,
            body,
            headers,
            ((0, alert),),
            delivery_id=f"monitor:{monitor.id}:{moment}",
        )
    return PulseChange(submission, lambda: store.save_state(conn, monitor))
