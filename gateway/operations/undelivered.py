"""What came of messages: a record's timeline says of each that will never arrive whom it did not reach, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Record

from gateway.db.pool import acquire, transaction
from gateway.incidents import store, writing
from gateway.incidents.record import Revision
from gateway.operations.desk import NOW, Desk
from gateway.periodic import each
from gateway.sla.timers import ACTOR

EVERY = 10.0
"""Seconds between two looks for what was given up."""

BATCH = 200

GIVEN_UP = """
SELECT DISTINCT incident_id FROM (
  SELECT incident_id FROM outbox WHERE state = 'dead' AND NOT noted AND incident_id IS NOT NULL
  ORDER BY settled_at, id LIMIT $1) AS oldest
"""

DEAD = """
SELECT o.id, o.template, o.role, o.channel, o.recipient, o.attempts, o.last_error
FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE o.incident_id = $1 AND o.state = 'dead' AND NOT o.noted
ORDER BY o.settled_at, o.id FOR UPDATE OF o, i SKIP LOCKED
"""

NOTED = "UPDATE outbox SET noted = true WHERE id = ANY($1::uuid[])"


async def note_undelivered(desk: Desk) -> int:
    """Put down what was given up since the last time; any replica may, each message is put down once.

    Answers how many records there were. One whose timeline cannot be written leaves the others.
    """
    async with acquire(desk.pool) as conn:
        found = [row["incident_id"] for row in await conn.fetch(GIVEN_UP, BATCH)]
    return await each("undelivered", found, lambda incident_id: _note(desk, incident_id))


async def _note(desk: Desk, incident_id: int) -> None:
    async with transaction(desk.pool) as conn:
        rows = await conn.fetch(DEAD, incident_id)
        if not rows:
            return
        revisions = [Revision(after=one, actor=ACTOR, events=_events(rows)) for one in await store.lock(conn, [incident_id])]
        await writing.write(conn, desk.key, revisions, await conn.fetchval(NOW, desk.clock.stamp()))
        await conn.execute(NOTED, [row["id"] for row in rows])


def _events(rows: Sequence[Record]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple(
        (
            "undelivered",
            {
                "template": row["template"],
                "role": row["role"],
                "recipient": f"{row['channel']}:{row['recipient']}",
                "attempts": row["attempts"],
                "reason": row["last_error"],
            },
        )
        for row in rows
    )
