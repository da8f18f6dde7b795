"""Updates of chat cards: a card that differs from the state of its record is sent again."""

from collections.abc import Collection

from asyncpg import Record

from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.record import Notice
from gateway.notify.chat_posts import make_handle
from gateway.notify.texts.templates import Template
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import State

EVERY = 2.0
"""Seconds between two checks."""

BATCH = 100

CHANGED = """
SELECT m.provider, m.conversation, m.message, m.locale, i.id, i.number, i.title, i.priority,
  i.state, i.version,
  now.mark
FROM chat_message m JOIN incident i ON i.id = m.incident_id
CROSS JOIN LATERAL (SELECT i.state || '/' || i.priority || '/' || i.reopened || '/' || i.handler
  || CASE WHEN i.security THEN '/restricted' ELSE '' END AS mark) now
WHERE m.shown IS NOT NULL AND m.provider = ANY($1::text[]) AND m.shown <> now.mark
ORDER BY m.incident_id, m.provider, m.conversation, m.message LIMIT $2 FOR UPDATE OF m SKIP LOCKED
"""

SHOWN = (
    "UPDATE chat_message SET shown = $4 WHERE provider = $1 AND conversation = $2 AND message = $3"
)

OVER = frozenset({State.CLOSED, State.REJECTED})
"""The states that a record does not leave: its cards are updated this once more."""


async def queue_card_updates(uow: UnitOfWork, providers: Collection[str]) -> int:
    """Queue an update for every card that is out of date; return how many.

    Any replica may do so, each update is queued once.
    """

    async def work(tx: Transaction) -> int:
        rows = await tx.conn.fetch(CHANGED, sorted(providers), BATCH)
        await queue_notices(tx.conn, [(row["id"], _notice(row)) for row in rows], tx.now)
        places = [
            (
                row["provider"],
                row["conversation"],
                row["message"],
                None if row["state"] in OVER else row["mark"],
            )
            for row in rows
        ]
        await tx.conn.executemany(SHOWN, places)
        return len(rows)

    return await uow.within(work)


def _notice(row: Record) -> Notice:
    """Return the update of a card.

    The version makes each update a cause of its own, also when the record returns to an earlier
    state.
    """
    place = f"{row['provider']}:{make_handle(row['conversation'], row['message'])}"
    facts = {name: row[name] for name in ("number", "title", "priority", "locale")} | {"card": True}
    return Notice(
        cause=f"card:{row['version']}:{row['mark']}",
        target=place,
        role="chat",
        template=Template.CHAT,
        facts=facts,
    )
