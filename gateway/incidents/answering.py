"""Whoever was told that their report had come is told when it is over, by the same way: theirs, or the master it follows."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.db.pool import Connection
from gateway.incidents.model import State
from gateway.incidents.record import Notice, Revision

RESOLVED = "resolved"
"""The event of an end, and the message that tells of it."""

REPORTERS = """
SELECT o.incident_id, o.channel, o.recipient, o.facts, i.number, i.title, i.reopened
FROM incident i JOIN outbox o ON o.incident_id = i.id
WHERE i.id = ANY($1::bigint[])
AND (o.template = 'received' OR (o.template = 'chat' AND o.facts->>'opened' = 'true')) ORDER BY o.incident_id, o.id
"""

KEPT = ("locale", "subject", "answers")
"""What of the acknowledgement holds for the answer too: its language, its subject, the message it answers."""


def ends(revisions: Sequence[Revision]) -> list[int]:
    """The records that these changes resolve, and those that a resolved master lets go."""
    return [one.after.id for one in revisions if any(_ends(event, facts) for event, facts in one.events)]


def _ends(event: str, facts: Mapping[str, Any]) -> bool:
    return event == RESOLVED or (event == "unlinked" and facts.get("state") == State.RESOLVED)


async def answers(conn: Connection, ended: Sequence[int]) -> list[tuple[int, Notice]]:
    """What is owed to the reporters of these records; once for each end of their own."""
    return [(row["incident_id"], _answer(dict(row))) for row in await conn.fetch(REPORTERS, ended)]


def _answer(row: dict[str, Any]) -> Notice:
    told = msgspec.json.decode(row["facts"], type=dict[str, Any])
    kept = {name: told[name] for name in KEPT if name in told}
    return Notice(
        cause=f"answered#{row['reopened']}",
        target=f"{row['channel']}:{row['recipient']}",
        role="reporter",
        template=RESOLVED,
        facts={"number": row["number"], "title": row["title"], **kept},
    )
