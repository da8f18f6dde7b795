"""The outbox table: notifications to send, claimed and settled by the runner.

Delivery is at least once: a claim hides a row for `VISIBILITY`, and a row whose runner died
comes back after that under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from gateway.db.pool import Connection
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.retries import Settlement

VISIBILITY = timedelta(seconds=60)
"""The time for which a claimed row stays hidden from other claims."""
ERROR_CHARS = 500


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
          o.created_at, o.attempts, o.urgency, o.method, o.may_recover, o.step, o.sequence,
          o.held_until, o.held_for,
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
WITH verdict AS (
  SELECT * FROM unnest($2::uuid[], $3::int[], $4::text[], $5::interval[], $6::text[], $7::bool[],
    $8::smallint[], $9::bool[], $10::text[], $11::text[])
  AS v (id, attempt, state, wait, error, refund, method, may_recover, reached, held)
), done AS (
  UPDATE outbox o
  SET state = v.state,
    attempts = o.attempts - v.refund::int,
    last_error = v.error,
    settled_at = CASE WHEN v.state = 'pending' THEN NULL
                      ELSE moment($1) END,
    next_attempt_at = CASE WHEN v.state = 'pending'
                           THEN moment($1) + v.wait
                           ELSE o.next_attempt_at END,
    held_until = CASE WHEN v.held <> '' THEN moment($1) + v.wait ELSE o.held_until END,
    held_for = CASE WHEN v.held <> '' THEN v.held ELSE o.held_for END,
    method = v.method, may_recover = v.may_recover, reached = v.reached
  FROM verdict v
  WHERE o.id = v.id AND o.state = 'pending' AND (o.attempts = v.attempt OR v.state = 'sent')
  RETURNING o.id, o.state, o.last_error, o.reached
), bundled AS (
  UPDATE outbox o
  SET state = d.state, settled_at = moment($1), last_error = d.last_error, reached = d.reached
  FROM done d WHERE o.bundle = d.id AND o.state = 'pending' AND d.state <> 'pending'
), followed AS (
  INSERT INTO outbox (id, incident_id, channel, recipient, role, template, facts, cause, urgency,
    created_at, next_attempt_at, method, step, sequence, held_until, held_for)
  SELECT f.id, o.incident_id, o.channel, o.recipient, o.role, o.template, o.facts, o.cause,
    o.urgency, moment($1), moment($1) + f.after, f.method, f.method, coalesce(o.sequence, o.id),
    moment($1) + f.after, 'step'
  FROM unnest($12::uuid[], $13::uuid[], $14::uuid[], $15::interval[], $16::smallint[])
    AS f (settled, message, id, after, method)
  JOIN done d ON d.id = f.settled AND d.state = 'sent' JOIN outbox o ON o.id = f.message
  ON CONFLICT (id) DO NOTHING
)
SELECT count(*)::int FROM done
"""


async def settle(conn: Connection, now: datetime | None, verdicts: Sequence[Settlement]) -> int:
    """Write the results of claimed rows; returns how many rows changed.

    A retry or a death of an attempt that is not the newest is dropped; a delivery always counts.
    What was told in a bundle ends as the bundle does. The further steps of what was delivered
    are queued with it, each once.
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
            v.held,
        )
        for v in verdicts
    ]
    if not columns:
        return 0
    further = [(v.id, f.message, f.id, f.after, f.method) for v in verdicts for f in v.further]
    steps = [list(column) for column in zip(*further, strict=True)] if further else [[]] * 5
    rows: int = await conn.fetchval(
        SETTLE, now, *(list(column) for column in zip(*columns, strict=True)), *steps
    )
    return rows


def to_storable(text: str) -> str:
    """Return the text without the characters that PostgreSQL refuses."""
    return text.replace("\x00", "").encode(errors="replace").decode()


DEPTH = """
SELECT channel, attempts > 0 AS retrying, count(*)::int AS rows,
       extract(epoch FROM
         moment($1) - min(greatest(created_at, held_until)))::float8 AS oldest_s
FROM outbox
WHERE state = 'pending' AND bundle IS NULL
  AND (held_until IS NULL OR held_until <= moment($1))
GROUP BY 1, 2
"""


async def depth(conn: Connection, now: datetime | None) -> list[OutboxDepth]:
    """Return the number of unsettled rows by channel; reads only the rows of the partial index.

    What waits on purpose, or is told in a bundle, does not count.
    """
    return [OutboxDepth(**dict(row)) for row in await conn.fetch(DEPTH, now)]
