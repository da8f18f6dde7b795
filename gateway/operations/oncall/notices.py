"""Messages to people about a change of when they are on call."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from gateway.db.pool import Connection
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.record import Notice
from gateway.oncall.schedule import Override
from gateway.oncall.schedules import StoredSchedule

REACHED = """
SELECT p.login FROM person p WHERE p.login = ANY($1::text[]) AND p.active
  AND (p.email <> '' OR EXISTS (SELECT FROM contact_method c WHERE c.person_id = p.id))
ORDER BY p.login
"""


async def tell_people(
    conn: Connection,
    people: Collection[str],
    template: str,
    cause: str,
    facts: dict[str, Any],
    stamp: datetime | None,
) -> None:
    """Queue a message to each of the people who can be reached, once for a cause."""
    rows = await conn.fetch(REACHED, sorted(people))
    notices = [
        Notice(
            cause=cause,
            target=f"person:{row['login']}",
            role="on_call",
            template=template,
            facts=facts,
        )
        for row in rows
    ]
    await queue_notices(conn, [(None, notice) for notice in notices], stamp)


def facts_of_override(schedule: StoredSchedule, one: Override, reason: str) -> dict[str, Any]:
    """Return the facts of a message about an override."""
    facts = {
        "title": schedule.name,
        "schedule": schedule.slug,
        "on_call_from": one.starts_at.isoformat(),
        "on_call_to": one.ends_at.isoformat(),
        "on_call": ", ".join(one.people),
        "instead_of": one.replaces or "",
        "reason": reason,
    }
    return {name: value for name, value in facts.items() if value}
