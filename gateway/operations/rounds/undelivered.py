"""Undeliverable messages: noted in the timeline, and of an urgent record sent to the next role."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from asyncpg import Record

from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.escalation.management import DIRECTOR, LEADER, MANAGER
from gateway.escalation.policies.following import call_after_unreached
from gateway.incidents import store, writing
from gateway.incidents.announcement import Announcement
from gateway.incidents.announcements.addressing import DESK
from gateway.incidents.changes import CommittedChanges, armed_by
from gateway.incidents.record import ACTOR, LEAST_URGENT_MAJOR_PRIORITY, Incident, Revision
from gateway.operations.unit_of_work import UnitOfWork
from gateway.timing.periodic import process_each
from gateway.vocabulary import LIVE

EVERY = 10.0
"""Seconds between two looks for messages that were given up."""

BATCH = 200

GIVEN_UP = """
SELECT DISTINCT incident_id FROM (
  SELECT incident_id FROM outbox WHERE state = 'dead' AND NOT noted AND incident_id IS NOT NULL
  ORDER BY settled_at, id LIMIT $1) AS oldest
"""

DEAD = """
SELECT o.id, o.cause, o.template, o.role, o.channel, o.recipient, o.attempts, o.last_error
FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE o.incident_id = $1 AND o.state = 'dead' AND NOT o.noted
ORDER BY o.settled_at, o.id FOR UPDATE OF o, i SKIP LOCKED
"""

LOST = """
SELECT cause, array_agg(DISTINCT role) AS roles FROM outbox
WHERE incident_id = $1 AND cause = ANY($2::text[]) AND cause <> '' GROUP BY cause
HAVING bool_and(state = 'dead') ORDER BY cause
"""
"""The causes of which nobody was reached at all."""

NEXT = {
    "handler": DESK,
    "group": DESK,
    "tier3": DESK,
    DESK: MANAGER,
    MANAGER: LEADER,
    LEADER: DIRECTOR,
}
"""The role that is notified of an urgent record in place of one that no message reached."""

NOTED = "UPDATE outbox SET noted = true WHERE id = ANY($1::uuid[])"


async def note_undelivered(uow: UnitOfWork) -> int:
    """Note messages given up since the last time in the timelines; return the number of records.

    Any replica may do so, each message is noted once. A record whose timeline cannot be written
    does not hold up the others.
    """
    async with acquire(uow.pool) as conn:
        found = [row["incident_id"] for row in await conn.fetch(GIVEN_UP, BATCH)]
    return await process_each("undelivered", found, lambda incident_id: _note(uow, incident_id))


async def _note(uow: UnitOfWork, incident_id: int) -> None:
    async with transaction(uow.pool) as conn:
        rows = await conn.fetch(DEAD, incident_id)
        if not rows:
            return
        lost = await conn.fetch(LOST, incident_id, [row["cause"] for row in rows])
        now = await fetch_now(conn, uow.clock.stamp())
        revisions = [
            _revision(uow, one, rows, lost, now) for one in await store.lock(conn, [incident_id])
        ]
        await writing.write_changed(conn, uow.key, revisions, now)
        await conn.execute(NOTED, [row["id"] for row in rows])
    uow.committed(CommittedChanges(armed_by(revisions), revisions))


def _revision(
    uow: UnitOfWork,
    incident: Incident,
    rows: Sequence[Record],
    lost: Sequence[Record],
    now: datetime,
) -> Revision:
    """Return the revision that notes the messages, and notifies the next in their place."""
    noted = Revision(
        after=incident,
        actor=ACTOR,
        events=_events(rows),
        announcements=tuple(_instead(uow, incident, lost)),
    )
    causes = [row["cause"] for row in lost]
    return call_after_unreached(uow.rules.escalation, noted, causes, now)


def _instead(uow: UnitOfWork, incident: Incident, lost: Sequence[Record]) -> Iterator[Announcement]:
    """Yield the notifications of the next role.

    They are sent where a message about an urgent record reached nobody.
    """
    if incident.state not in LIVE or incident.priority > LEAST_URGENT_MAJOR_PRIORITY:
        return
    for row in lost:
        roles = dict.fromkeys(
            NEXT[role] for role in row["roles"] if role in NEXT and NEXT[role] not in row["roles"]
        )
        cause = f"undelivered:{row['cause']}"
        yield from uow.rules.escalation.announce(
            tuple(roles), incident, cause=cause, template="undelivered", more={}
        )


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
