"""When a heartbeat's alert fires and ends: intake first, the heartbeat's row after, so that a crash repeats and loses nothing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from gateway.clock import Clock
from gateway.db.pool import Pool, acquire
from gateway.incidents.alert import Alert
from gateway.periodic import each
from gateway.receipts.submission import Receipt, Submission
from gateway.vocabulary import AlertStatus

NAMESPACE = "opsgenie_heartbeat"
BATCH = 200
EVERY = 2.0
"""Seconds between two looks for heartbeats that fell silent."""


Submit = Callable[[Submission], Awaitable[Receipt]]

PING = """
UPDATE heartbeat SET pinged_at = coalesce($1::timestamptz, statement_timestamp()),
  due_at = CASE WHEN enabled THEN coalesce($1::timestamptz, statement_timestamp())
                                  + make_interval(mins => every * CASE unit WHEN 'minutes' THEN 1
                                                                            WHEN 'hours' THEN 60 ELSE 1440 END) END
WHERE integration_id = $2 AND name = $3 RETURNING *
"""

REVIVED = "UPDATE heartbeat SET expired_at = NULL WHERE integration_id = $1 AND name = $2 AND expired_at = $3"


async def pinged(pool: Pool, submit: Submit, stamp: datetime | None, integration: int, name: str) -> None:
    """Count the time anew, and end the alert of one that had expired; an unknown one is nothing."""
    async with acquire(pool) as conn:
        row = await conn.fetchrow(PING, stamp, integration, name)
    if row is None or row["expired_at"] is None:
        return
    await submit(_submission(dict(row), AlertStatus.RESOLVED, f"{row['expired_at'].isoformat()}:ends"))
    async with acquire(pool) as conn:
        await conn.execute(REVIVED, integration, name, row["expired_at"])


DUE = """
SELECT * FROM heartbeat WHERE due_at <= coalesce($1::timestamptz, statement_timestamp()) ORDER BY due_at LIMIT $2
"""

EXPIRED = """
UPDATE heartbeat SET expired_at = coalesce($1::timestamptz, statement_timestamp()),
  due_at = CASE WHEN due_at = $4::timestamptz THEN NULL ELSE due_at END
WHERE integration_id = $2 AND name = $3
"""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Looks for heartbeats that fell silent; any number of replicas may, the delivery id makes one of them count."""

    pool: Pool
    clock: Clock
    submit: Submit

    async def run_once(self) -> int:
        """Fire the alerts of one batch; answers how many there were.

        A ping that came meanwhile leaves the heartbeat running and expired, so that the next one ends the alert.
        """
        stamp = self.clock.stamp()
        async with acquire(self.pool) as conn:
            rows = [dict(row) for row in await conn.fetch(DUE, stamp, BATCH)]
        return await each("heartbeats", rows, partial(self._expire, stamp))

    async def _expire(self, stamp: datetime | None, row: Mapping[str, Any]) -> None:
        await self.submit(_submission(row, AlertStatus.FIRING, row["due_at"].isoformat()))
        async with acquire(self.pool) as conn:
            await conn.execute(EXPIRED, stamp, row["integration_id"], row["name"], row["due_at"])


def message(name: str) -> str:
    """What an expired heartbeat's alert is called where nothing else was said."""
    return f"{name} is expired"


def _submission(row: Mapping[str, Any], status: AlertStatus, moment: str) -> Submission:
    labels = {"heartbeat": row["name"], "tags": ", ".join(row["alert_tags"]), "team": row["owner_team"]}
    alert = Alert(
        namespace=NAMESPACE,
        dedup_key=row["name"],
        status=status,
        title=(row["alert_message"] or message(row["name"]))[:1000],
        description=row["description"],
        severity=row["alert_priority"],
        ci=row["name"],
        labels={name: text for name, text in labels.items() if text},
    )
    delivery = f"heartbeat:{row['name']}:{moment}"
    return Submission(row["integration_id"], "opsgenie", b"", {}, ((0, alert),), delivery_id=delivery, flag="heartbeat")
