"""Resubmission of alerts that still fire when their maintenance window or silence ends.

Each is sent through intake once and opens its record.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.db.pool import Pool, acquire
from gateway.dedup.silences import release_ended_silences
from gateway.incidents.alert import Alert
from gateway.receipts.submission import Receipt, Submission
from gateway.timing.clock import Clock
from gateway.timing.periodic import process_each
from gateway.vocabulary import AlertStatus

EVERY = 2.0
"""The seconds between two runs."""

BATCH = 200

ENDED = """
SELECT key_hash, integration_id, source, namespace, dedup_key, title, description, severity,
       service, ci, labels, annotations, occurrence, ends_at, suppressed_until
FROM alert
WHERE suppressed_until <= moment($1) AND status = 'firing'
ORDER BY suppressed_until LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Promotion:
    """A task that resubmits alerts of ended windows.

    Any number of replicas may run it: the delivery id makes only one submission count.
    """

    pool: Pool
    clock: Clock
    submit: Callable[[Submission], Awaitable[Receipt]]

    async def run_once(self) -> int:
        """Promote one batch and return the number of alerts in it."""
        async with acquire(self.pool) as conn:
            await release_ended_silences(conn, self.clock.stamp())
            rows = [dict(row) for row in await conn.fetch(ENDED, self.clock.stamp(), BATCH)]
        return await process_each("promotion", rows, lambda row: self.submit(_submission(row)))


def _submission(row: dict[str, Any]) -> Submission:
    alert = Alert(
        namespace=row["namespace"],
        dedup_key=row["dedup_key"],
        status=AlertStatus.FIRING,
        title=row["title"],
        description=row["description"] or "",
        severity=row["severity"],
        service=row["service"],
        ci=row["ci"],
        labels=msgspec.json.decode(row["labels"]),
        annotations=msgspec.json.decode(row["annotations"]),
        occurrence=row["occurrence"],
        ends_at=row["ends_at"],
    )
    delivery = f"maintenance:{row['key_hash'].hex()}:{row['suppressed_until'].isoformat()}"
    return Submission(
        row["integration_id"],
        row["source"],
        b"",
        {},
        ((0, alert),),
        delivery_id=delivery,
        flag="maintenance_end",
    )
