"""The message log: what was sent to whom and why, and sending a message again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from asyncpg import Record

from gateway.db.pool import Connection
from gateway.errors import Conflict, NotFound
from gateway.incidents.visibility import Visibility

COLUMNS = """
SELECT o.id, i.number, o.channel, o.recipient, o.role, o.template, o.cause, o.urgency, o.state,
  o.created_at, o.settled_at, o.next_attempt_at, o.attempts, o.last_error, o.reached, o.held_until,
  o.held_for, o.bundle, o.sequence, o.facts->'escalation' AS escalation
FROM outbox o LEFT JOIN incident i ON i.id = o.incident_id
WHERE (i.id IS NULL OR may_see(i.security, i.recorded_by, i.owner, i.contact, $1, $2, $3))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage:
    """A message of the log.

    `number` is that of its record, None for a message about none. `cause` and `escalation` say
    why it was made: the event, and the step of the escalation policy.
    """

    id: UUID
    number: str | None
    channel: str
    recipient: str
    role: str
    template: str
    cause: str
    urgency: int
    state: str
    created_at: datetime
    settled_at: datetime | None
    next_attempt_at: datetime
    attempts: int
    last_error: str
    reached: str
    held_until: datetime | None
    held_for: str
    bundle: UUID | None
    sequence: UUID | None
    escalation: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAttempt:
    """An attempt to deliver a message."""

    at: datetime
    channel: str
    address: str
    outcome: str
    error: str
    vendor_id: str
    parts: int
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """A filter of messages; None is any."""

    state: str | None = None
    channel: str | None = None
    recipient: str | None = None
    template: str | None = None
    incident: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _of(row: Record) -> LoggedMessage:
    step = row["escalation"]
    return LoggedMessage(
        **{**row, "escalation": None if step is None else msgspec.json.decode(step)}
    )


MADE_AT = "SELECT created_at FROM outbox WHERE id = $1"
PAGE = (
    COLUMNS
    + """
AND ($4::text IS NULL OR o.state = $4) AND ($5::text IS NULL OR o.channel = $5
  OR o.reached LIKE $5 || ':%') AND ($6::text IS NULL OR o.recipient = $6)
AND ($7::text IS NULL OR o.template = $7) AND ($8::text IS NULL OR i.number = $8)
AND ($9::timestamptz IS NULL OR o.created_at >= $9)
AND ($10::timestamptz IS NULL OR o.created_at < $10)
AND ($11::timestamptz IS NULL OR (o.created_at, o.id) < ($11, $12::uuid))
ORDER BY o.created_at DESC, o.id DESC LIMIT $13
"""
)


async def page(
    conn: Connection, sight: Visibility, asked: MessageFilter, before: UUID | None, limit: int
) -> list[LoggedMessage]:
    """Return the newest messages before the one with the id `before`."""
    at = None if before is None else await conn.fetchval(MADE_AT, before)
    rows = await conn.fetch(
        PAGE,
        *sight.parameters(),
        asked.state,
        asked.channel,
        asked.recipient,
        asked.template,
        asked.incident,
        asked.since,
        asked.until,
        at,
        before,
        limit,
    )
    return [_of(row) for row in rows]


ONE = COLUMNS + "AND o.id = $4"
ATTEMPTS = """
SELECT at, channel, address, outcome, error, vendor_id, parts, took_ms FROM message_attempt
WHERE message = $1 ORDER BY id LIMIT 1000
"""


async def find(
    conn: Connection, sight: Visibility, message: UUID
) -> tuple[LoggedMessage, list[LoggedAttempt]]:
    """Return a message with its attempts, oldest first; raises NotFound."""
    row = await conn.fetchrow(ONE, *sight.parameters(), message)
    if row is None:
        raise NotFound(f"there is no message {message}")
    attempts = await conn.fetch(ATTEMPTS, message)
    return _of(row), [LoggedAttempt(**attempt) for attempt in attempts]


REVIVE = """
UPDATE outbox SET state = 'pending', attempts = 0, method = 0, may_recover = false,
  settled_at = NULL, noted = false, next_attempt_at = moment($2), held_until = moment($2),
  held_for = ''
WHERE id = $1 AND state = 'dead' RETURNING id
"""
COPY = """
INSERT INTO outbox (id, incident_id, channel, recipient, role, template, facts, cause, urgency,
  created_at, next_attempt_at)
SELECT $2, incident_id, channel, recipient, role, template, facts, cause, urgency, moment($3),
  moment($3)
FROM outbox WHERE id = $1
"""


async def resend(
    conn: Connection, sight: Visibility, message: UUID, stamp: datetime | None
) -> UUID:
    """Send a message again, in the caller's transaction; return its id.

    One that was given up goes on under its own id, so that a receiver that had it drops it. One
    that arrived is copied under a new id. Raises NotFound, and Conflict for one that waits.
    """
    known, _ = await find(conn, sight, message)
    if known.state == "dead" and await conn.fetchval(REVIVE, message, stamp) is not None:
        return message
    if known.state != "sent":
        raise Conflict(
            f"this message is {known.state}: one that was sent or given up is sent again"
        )
    copy = uuid4()
    await conn.execute(COPY, message, copy, stamp)
    return copy
