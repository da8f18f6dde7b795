"""The outbox table: notifications to send, claimed and settled by the runner.

Delivery is at least once: a claim hides a row for `VISIBILITY`, and a row whose runner died
comes back after that under the same id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from gateway.db.pool import Connection
from gateway.incidents.record import UNRANKED
from gateway.notify.retries import Settlement

VISIBILITY = timedelta(seconds=60)
"""The time for which a claimed row stays hidden from other claims."""
ERROR_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One claimed row.

    `attempts` counts this one, `claimed_at` is the database's time of the claim. `method` is the
    index of the person's contact method to try, `may_recover` says that an earlier one may work
    later. `security` says that its incident is flagged as a security incident at the time of the
    claim.
    """

    id: UUID
    incident_id: int | None
    channel: str
    recipient: str
    role: str
    template: str
    facts: Mapping[str, Any]
    created_at: datetime
    attempts: int
    claimed_at: datetime
    urgency: int = UNRANKED
    method: int = 0
    may_recover: bool = False
    security: bool = False


@dataclass(frozen=True, slots=True)
class OutboxDepth:
    """The unsettled rows of one channel, fresh or retried: their number and the oldest's age."""

    channel: str
    retrying: bool
    rows: int
    oldest_s: float


CLAIM = """
WITH due AS (
  SELECT id FROM outbox
  WHERE state = 'pending' AND next_attempt_at <= moment($1)
  ORDER BY urgency, next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE outbox o
SET attempts = o.attempts + 1,
    next_attempt_at = moment($1) + $3::interval
FROM due WHERE o.id = due.id
RETURNING o.id, o.incident_id, o.channel, o.recipient, o.role, o.template, o.facts::text AS facts,
          o.created_at, o.attempts, o.urgency, o.method, o.may_recover,
          coalesce(
            (SELECT i.security FROM incident i WHERE i.id = o.incident_id), false) AS security,
          moment($1) AS claimed_at
"""


async def claim(conn: Connection, now: datetime | None, limit: int) -> list[OutboxRow]:
    """Claim up to `limit` due rows and hide them for `VISIBILITY`; never waits for another claimer.

    The most urgent incidents come first, then the rows that are due longest.
    """
    rows = [dict(row) for row in await conn.fetch(CLAIM, now, limit, VISIBILITY)]
    return sorted(
        (OutboxRow(**row | {"facts": msgspec.json.decode(row["facts"])}) for row in rows),
        key=lambda o: (o.urgency, o.created_at, o.id),
    )


SETTLE = """
UPDATE outbox o
SET state = v.state,
    attempts = o.attempts - v.refund::int,
    last_error = v.error,
    settled_at = CASE WHEN v.state = 'pending' THEN NULL
                      ELSE moment($1) END,
    next_attempt_at = CASE WHEN v.state = 'pending'
                           THEN moment($1) + v.wait
                           ELSE o.next_attempt_at END,
    method = v.method, may_recover = v.may_recover, reached = v.reached
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::interval[], $6::text[], $7::bool[],
            $8::smallint[], $9::bool[], $10::text[])
  AS v (id, attempt, state, wait, error, refund, method, may_recover, reached)
WHERE o.id = v.id AND o.state = 'pending' AND (o.attempts = v.attempt OR v.state = 'sent')
"""


async def settle(conn: Connection, now: datetime | None, verdicts: Sequence[Settlement]) -> int:
    """Write the results of claimed rows; returns how many rows changed.

    A retry or a death of an attempt that is not the newest is dropped; a delivery always counts.
    """
    columns = [
        (
            v.id,
            v.attempt,
            v.state,
            v.wait,
            to_storable(v.error)[:ERROR_CHARS],
            v.refund,
            v.method,
            v.may_recover,
            to_storable(v.reached),
        )
        for v in verdicts
    ]
    if not columns:
        return 0
    status = await conn.execute(
        SETTLE, now, *(list(column) for column in zip(*columns, strict=True))
    )
    return int(status.rpartition(" ")[2])


def to_storable(text: str) -> str:
    """Return the text without the characters that PostgreSQL refuses."""
    return text.replace("\x00", "").encode(errors="replace").decode()


DEPTH = """
SELECT channel, attempts > 0 AS retrying, count(*)::int AS rows,
       extract(epoch FROM
         moment($1) - min(created_at))::float8 AS oldest_s
FROM outbox WHERE state = 'pending' GROUP BY 1, 2
"""


async def depth(conn: Connection, now: datetime | None) -> list[OutboxDepth]:
    """Return the number of unsettled rows by channel; reads only the rows of the partial index."""
    return [OutboxDepth(**dict(row)) for row in await conn.fetch(DEPTH, now)]
