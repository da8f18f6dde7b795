"""The addition of messages to the outbox, in the transaction of their cause."""

from collections.abc import Sequence
from datetime import datetime

from gateway.db.pool import Connection
from gateway.incidents.record import Notice
from gateway.incidents.timeline import facts_text

QUEUE = """
INSERT INTO outbox (id, incident_id, channel, recipient, role, template, facts, cause, urgency,
  created_at, next_attempt_at)
SELECT n.id, n.incident_id, n.channel, n.recipient, n.role, n.template, n.facts::json, n.cause,
  n.urgency,
       moment($10), moment($10)
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
  $8::text[], $9::smallint[])
  AS n (id, incident_id, channel, recipient, role, template, facts, cause, urgency)
ORDER BY n.id
ON CONFLICT (id) DO NOTHING
"""


async def queue_notices(
    conn: Connection, notices: Sequence[tuple[int | None, Notice]], at: datetime | None
) -> None:
    """Queue these messages, each with the id of its record if any, in the caller's transaction.

    A message that is queued already stays as it is.
    """
    rows = [
        (
            notice.id(incident_id),
            incident_id,
            *notice.to,
            notice.role,
            notice.template,
            facts_text(notice.facts),
            notice.cause,
            notice.urgency,
        )
        for incident_id, notice in notices
    ]
    if rows:
        await conn.execute(QUEUE, *zip(*rows, strict=True), at)
