"""Chat messages by record: those that reported it, and the gateway's own, which follow it."""

from dataclasses import dataclass
from datetime import datetime

from gateway.db.pool import Connection

REMEMBER = """
INSERT INTO chat_message (provider, conversation, message, incident_id, locale, shown, posted_at)
VALUES ($1, $2, $3, $4, $5, $6, moment($7))
ON CONFLICT (provider, conversation, message) DO UPDATE SET shown = excluded.shown
"""


@dataclass(frozen=True, slots=True)
class ChatMessageRef:
    """The place of a message: chat provider, conversation, and the message's id there."""

    provider: str
    conversation: str
    message: str


async def store_message(
    conn: Connection,
    place: ChatMessageRef,
    incident_id: int,
    locale: str,
    stamp: datetime | None,
    shown: str | None = None,
) -> None:
    """Store that a message belongs to a record, so that replies to it do too.

    `shown` marks a message of the gateway's own and is the state that it shows.
    """
    await conn.execute(
        REMEMBER,
        place.provider,
        place.conversation,
        place.message,
        incident_id,
        locale,
        shown,
        stamp,
    )


FIND = (
    "SELECT incident_id FROM chat_message "
    "WHERE provider = $1 AND conversation = $2 AND message = $3"
)


async def record_of(conn: Connection, place: ChatMessageRef) -> int | None:
    """Return the id of the record that the message belongs to, None for an unknown message."""
    found: int | None = await conn.fetchval(FIND, place.provider, place.conversation, place.message)
    return found
