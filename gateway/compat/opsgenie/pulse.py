"""The firing and resolution of the alerts of heartbeats.

The alert is submitted first and the heartbeat's row updated after, so that a crash repeats work
and loses nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from gateway.clock import Clock
from gateway.db.pool import Pool, acquire
from gateway.incidents.alert import Alert
from gateway.periodic import process_each
from gateway.receipts.submission import Receipt, Submission
from gateway.vocabulary import AlertStatus

NAMESPACE = "opsgenie_heartbeat"
BATCH = 200
EVERY = 2.0
"""Seconds between two searches for expired heartbeats."""


Submit = Callable[[Submission], Awaitable[Receipt]]

PING = """
UPDATE heartbeat SET pinged_at = moment($1),
  due_at = CASE
    WHEN enabled
    THEN moment($1)
         + make_interval(mins => every * CASE unit WHEN 'minutes' THEN 1
                                                   WHEN 'hours' THEN 60 ELSE 1440 END)
  END
WHERE integration_id = $2 AND name = $3 RETURNING *
"""

REVIVED = """
UPDATE heartbeat SET expired_at = NULL
WHERE integration_id = $1 AND name = $2 AND expired_at = $3
"""


async def record_ping(
    pool: Pool, submit: Submit, stamp: datetime | None, integration: int, name: str
) -> None:
    """Restart a heartbeat's interval, and resolve the alert of an expired heartbeat.

    An unknown name does nothing.
    """
    async with acquire(pool) as conn:
        row = await conn.fetchrow(PING, stamp, integration, name)
    if row is None or row["expired_at"] is None:
        return
    await submit(
        _submission(dict(row), AlertStatus.RESOLVED, f"{row['expired_at'].isoformat()}:ends")
    )
    async with acquire(pool) as conn:
        await conn.execute(REVIVED, integration, name, row["expired_at"])


DUE = """
SELECT * FROM heartbeat WHERE due_at <= moment($1) ORDER BY due_at LIMIT $2
"""

EXPIRED = """
UPDATE heartbeat SET expired_at = moment($1),
  due_at = CASE WHEN due_at = $4::timestamptz THEN NULL ELSE due_at END
WHERE integration_id = $2 AND name = $3
"""


@dataclass(frozen=True, slots=True)
class HeartbeatExpiry:
    """The periodic search for expired heartbeats.

    Any number of replicas may run it: by the delivery id only one of them counts.
    """

    pool: Pool
    clock: Clock
    submit: Submit

    async def run_once(self) -> int:
        """Fire the alerts of one batch of expired heartbeats; return their number.

        A ping that arrives meanwhile leaves the heartbeat running and expired, so that the next
        one resolves the alert.
        """
        stamp = self.clock.stamp()
        async with acquire(self.pool) as conn:
            rows = [dict(row) for row in await conn.fetch(DUE, stamp, BATCH)]
        return await process_each("heartbeats", rows, partial(self._expire, stamp))

    async def _expire(self, stamp: datetime | None, row: Mapping[str, Any]) -> None:
        await self.submit(_submission(row, AlertStatus.FIRING, row["due_at"].isoformat()))
        async with acquire(self.pool) as conn:
            await conn.execute(EXPIRED, stamp, row["integration_id"], row["name"], row["due_at"])


def build_default_title(name: str) -> str:
    """Return the default title of an expired heartbeat's alert."""
    return f"{name} is expired"


def _submission(row: Mapping[str, Any], status: AlertStatus, moment: str) -> Submission:
    labels = {
        "heartbeat": row["name"],
        "tags": ", ".join(row["alert_tags"]),
        "team": row["owner_team"],
    }
    alert = Alert(
        namespace=NAMESPACE,
        dedup_key=row["name"],
        status=status,
        title=(row["alert_message"] or build_default_title(row["name"]))[:1000],
        description=row["description"],
        severity=row["alert_priority"],
        ci=row["name"],
        labels={name: text for name, text in labels.items() if text},
    )
    delivery = f"heartbeat:{row['name']}:{moment}"
    return Submission(
        row["integration_id"],
        "opsgenie",
        b"",
        {},
        ((0, alert),),
        delivery_id=delivery,
        flag="heartbeat",
    )
