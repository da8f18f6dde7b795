"""Who is written to or called: their number, and how often they were told within the hour."""

from datetime import timedelta

from gateway.db.pool import Connection
from gateway.notify.message import Message, Retry, Undeliverable
from gateway.timing.clock import Clock

LATER = timedelta(minutes=10)
"""The pause of a message to somebody who was told often enough."""

TELEPHONE = "SELECT phone FROM person WHERE login = $1 AND active"

OFTEN = """
SELECT count(*) FROM outbox
WHERE (reached = $1 || ':' || $2 OR reached = '' AND channel = $1 AND recipient = $2)
  AND state = 'sent' AND urgency <= $4
  AND settled_at > moment($3) - interval '1 hour'
"""


async def find_telephone(conn: Connection, login: str) -> str | Undeliverable:
    """Return a person's telephone number, or why they cannot be reached by it."""
    number = await conn.fetchval(TELEPHONE, login)
    if number:
        return str(number)
    return Undeliverable("nobody has this login" if number is None else "has no telephone number")


async def find_limit(
    conn: Connection, clock: Clock, channel: str, message: Message, per_hour: int
) -> Retry | None:
    """Return the pause for somebody who was told often enough within the hour, None for others.

    Only messages at least as urgent count: many mild ones never keep a person from an urgent one.
    """
    told = await conn.fetchval(OFTEN, channel, message.recipient, clock.stamp(), message.urgency)
    return Retry("was told often enough within the hour", after=LATER) if told >= per_hour else None
