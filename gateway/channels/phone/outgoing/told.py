"""The telephone number of a person, and the limit of what they are told within the hour."""

from datetime import timedelta

from gateway.db.pool import Connection
from gateway.notify.message import Message, Retry, Undeliverable
from gateway.notify.texts.templates import Template
from gateway.timing.clock import Clock

LATER = timedelta(minutes=10)
"""The pause of a message to somebody who was told often enough."""

TELEPHONE = """
SELECT p.phone, s.refused_at IS NOT NULL AS refuses
FROM person p LEFT JOIN sms_sender s ON s.phone = p.phone
WHERE p.login = $1 AND p.active
"""

OFTEN = """
SELECT count(*) FROM outbox
WHERE (reached = $1 || ':' || $2 OR reached = '' AND channel = $1 AND recipient = $2)
  AND state = 'sent' AND urgency <= $4
  AND settled_at > moment($3) - interval '1 hour'
"""


async def find_telephone(
    conn: Connection, login: str, *, by_text: bool = False
) -> str | Undeliverable:
    """Return a person's telephone number, or why they cannot be reached by it."""
    row = await conn.fetchrow(TELEPHONE, login)
    if row is None:
        return Undeliverable("nobody has this login")
    if not row["phone"]:
        return Undeliverable("has no telephone number")
    if by_text and row["refuses"]:
        return Undeliverable("answered STOP to text messages: START from that number ends it")
    return str(row["phone"])


async def find_limit(
    conn: Connection, clock: Clock, channel: str, message: Message, per_hour: int
) -> Retry | None:
    """Return the pause for somebody who was told often enough within the hour, None for others.

    Only messages at least as urgent count: many mild ones never keep a person from an urgent one.
    Whoever writes is always answered.
    """
    if message.template == Template.CHAT:
        return None
    told = await conn.fetchval(OFTEN, channel, message.recipient, clock.stamp(), message.urgency)
    return Retry("was told often enough within the hour", after=LATER) if told >= per_hour else None
