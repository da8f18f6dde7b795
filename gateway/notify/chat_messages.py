"""Which messages in chats belong to which record: those that reported it, and ours, which are changed when it changes."""

from dataclasses import dataclass
from datetime import datetime

from gateway.db.pool import Connection

REMEMBER = """
INSERT INTO chat_message (provider, conversation, message, incident_id, locale, shown, posted_at)
VALUES ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, statement_timestamp()))
ON CONFLICT (provider, conversation, message) DO UPDATE SET shown = excluded.shown
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A message: in which conversation of whose, and its name there."""

    provider: str
    conversation: str
    message: str


async def remember(
    conn: Connection, place: Place, incident_id: int, locale: str, stamp: datetime | None, shown: str | None = None
) -> None:
    """Replies to the message belong to the record from now on; with `shown` it is one of ours, which shows that."""
    await conn.execute(REMEMBER, place.provider, place.conversation, place.message, incident_id, locale, shown, stamp)


FIND = "SELECT incident_id FROM chat_message WHERE provider = $1 AND conversation = $2 AND message = $3"


async def record_of(conn: Connection, place: Place) -> int | None:
    """The id of the record that the message belongs to."""
    found: int | None = await conn.fetchval(FIND, place.provider, place.conversation, place.message)
    return found
