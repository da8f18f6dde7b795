"""The pings of heartbeats and their missed deadlines, which fire and resolve alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.db.pool import Connection, acquire
from gateway.incidents.alert import Alert
from gateway.monitors.pulse import PulseChange, PulseWriter
from gateway.receipts.submission import Submission
from gateway.vocabulary import AlertStatus

NAMESPACE = "opsgenie_heartbeat"
EVERY = 2.0
"""Seconds between two searches for expired heartbeats."""

INTERVAL = (
    "make_interval(mins => every * "
    "CASE unit WHEN 'minutes' THEN 1 WHEN 'hours' THEN 60 ELSE 1440 END)"
)
"""The expression in SQL for the interval of a heartbeat."""

RESTART = (
    """
UPDATE heartbeat
SET pinged_at = moment($1), expired_at = NULL, due_at = CASE WHEN enabled THEN moment($1) + """
    + INTERVAL
    + """ END
WHERE integration_id = $2 AND name = $3
"""
)
PING = RESTART + "AND expired_at IS NULL"
LOCKED = "SELECT * FROM heartbeat WHERE integration_id = $1 AND name = $2 FOR UPDATE"


async def record_ping(writer: PulseWriter, integration: int, name: str) -> None:
    """Restart a heartbeat's interval, and resolve the alert of an expired heartbeat.

    An unknown name does nothing. Raises Unavailable and Overloaded.
    """
    stamp = writer.clock.stamp()
    async with acquire(writer.pool) as conn:
        if (await conn.execute(PING, stamp, integration, name)).endswith(" 1"):
            return

    async def judge(conn: Connection) -> PulseChange | None:
        row = await conn.fetchrow(LOCKED, integration, name)
        if row is None:
            return None
        expired, alert = row["expired_at"], None
        if expired is not None:
            alert = _submission(dict(row), AlertStatus.RESOLVED, f"{expired.isoformat()}:ends")

        async def save() -> None:
            await conn.execute(RESTART, stamp, integration, name)

        return PulseChange(alert, save)

    await writer.write(judge)


DUE = """
SELECT integration_id, name FROM heartbeat WHERE due_at <= moment($1) ORDER BY due_at LIMIT $2
"""
STILL_DUE = """
SELECT * FROM heartbeat
WHERE integration_id = $1 AND name = $2 AND due_at <= moment($3) FOR UPDATE SKIP LOCKED
"""
EXPIRE = """
UPDATE heartbeat SET expired_at = moment($3), due_at = NULL WHERE integration_id = $1 AND name = $2
"""
PUT_OFF = """
UPDATE heartbeat SET due_at = moment($4) + $3::interval WHERE integration_id = $1 AND name = $2
"""


@dataclass(frozen=True, slots=True)
class HeartbeatKey:
    """The key of a heartbeat: its integration and its name."""

    integration_id: int
    name: str


class HeartbeatDeadlines:
    """The stored deadlines of heartbeats; one that expired has none until the next ping."""

    async def overdue(
        self, conn: Connection, stamp: datetime | None, limit: int
    ) -> Sequence[HeartbeatKey]:
        """Return the heartbeats whose deadline has passed, the longest overdue first."""
        return [HeartbeatKey(**dict(row)) for row in await conn.fetch(DUE, stamp, limit)]

    async def miss(
        self, conn: Connection, key: HeartbeatKey, stamp: datetime | None
    ) -> PulseChange | None:
        """Lock the heartbeat and return the effect of its missed deadline."""
        row = await conn.fetchrow(STILL_DUE, key.integration_id, key.name, stamp)
        if row is None:
            return None

        async def save() -> None:
            await conn.execute(EXPIRE, key.integration_id, key.name, stamp)

        due: datetime = row["due_at"]
        return PulseChange(_submission(dict(row), AlertStatus.FIRING, due.isoformat()), save)

    async def put_off(
        self, conn: Connection, key: HeartbeatKey, length: timedelta, stamp: datetime | None
    ) -> None:
        """Postpone a heartbeat's deadline."""
        await conn.execute(PUT_OFF, key.integration_id, key.name, length, stamp)


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
