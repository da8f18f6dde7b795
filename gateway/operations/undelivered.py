"""What came of messages: a record's timeline says of each that will never arrive whom it did not reach, and why."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from asyncpg import Record

from gateway.db.pool import transaction
from gateway.incidents import store, writing
from gateway.incidents.record import Revision
from gateway.operations.desk import NOW, Desk
from gateway.sla.timers import ACTOR

EVERY = 10.0
"""Seconds between two looks for what was given up."""

BATCH = 200

DEAD = """
SELECT o.id, o.incident_id, o.template, o.role, o.channel, o.recipient, o.attempts, o.last_error
FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE o.state = 'dead' AND NOT o.noted AND o.incident_id IS NOT NULL
ORDER BY o.settled_at, o.id LIMIT $1 FOR UPDATE OF o, i SKIP LOCKED
"""

NOTED = "UPDATE outbox SET noted = true WHERE id = ANY($1::uuid[])"


async def note_undelivered(desk: Desk) -> int:
    """Put down what was given up since the last time; any replica may, each message is put down once. Answers how many."""
    async with transaction(desk.pool) as conn:
        rows = sorted(await conn.fetch(DEAD, BATCH), key=lambda row: row["incident_id"])
        if not rows:
            return 0
        given_up = {incident: tuple(group) for incident, group in groupby(rows, lambda row: row["incident_id"])}
        incidents = await store.lock(conn, given_up)
        revisions = [Revision(after=one, actor=ACTOR, events=_events(given_up[one.id])) for one in incidents]
        await writing.write(conn, desk.key, revisions, await conn.fetchval(NOW, desk.clock.stamp()))
        await conn.execute(NOTED, [row["id"] for row in rows])
    return len(rows)


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
