"""Messages about the shelving of an incident and its return to those who watch it.

They are the subscribers of its status updates.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.db.pool import Connection
from gateway.directory.roles import Role
from gateway.incidents.record import Incident, Notice, Revision
from gateway.incidents.shelving import SHELVED, UNSHELVED
from gateway.incidents.visibility import SECURITY_ROLES

SEEING_ROLES = (
    Role.SERVICE_DESK,
    Role.TIER2,
    Role.TIER3,
    Role.INCIDENT_MANAGER,
    Role.LEADER,
)
"""The roles that may see every incident that is not a security incident."""

FACTS = ("number", "title", "priority", "service", "state", "kind")
"""The facts of an incident that its watchers are told, as of its status updates."""

WATCHERS = """
SELECT s.incident_id, s.target
FROM subscription s JOIN incident i ON i.id = s.incident_id
  LEFT JOIN person p ON s.target = 'person:' || p.login AND p.active
WHERE s.incident_id = ANY($1::bigint[]) AND CASE
  WHEN s.target LIKE 'person:%' THEN p.login IS NOT NULL AND may_see(
    i.security, i.recorded_by, i.owner, i.contact, p.roles && $2::text[], p.roles && $3::text[],
    CASE WHEN 'reporter' = ANY(p.roles)
      THEN ARRAY[lower(p.login), lower(nullif(p.email, '')), nullif(p.phone, '')] END)
  ELSE NOT i.security END
ORDER BY s.incident_id, s.id
"""


async def messages_about_shelving(
    conn: Connection, revisions: Sequence[Revision]
) -> list[tuple[int, Notice]]:
    """Return the messages to watchers about incidents that these changes shelve or return.

    Whoever made the change gets none, nor anybody who may not see the incident.
    """
    news = {
        one.after.id: (one, event, said)
        for one in revisions
        for event, said in one.events
        if event in (SHELVED, UNSHELVED)
    }
    if not news:
        return []
    rows = await conn.fetch(WATCHERS, list(news), sorted(SECURITY_ROLES), list(SEEING_ROLES))
    found = []
    for row in rows:
        revision, event, said = news[row["incident_id"]]
        if row["target"] not in _told(revision):
            found.append((row["incident_id"], _notice(revision.after, event, said, row["target"])))
    return found


def _told(revision: Revision) -> set[str]:
    """Return the targets that need no message: whoever made the change, and who gets it anyway."""
    return {f"person:{revision.actor}", *(notice.target for notice in revision.notices)}


def _notice(incident: Incident, event: str, said: Mapping[str, Any], target: str) -> Notice:
    facts = {name: getattr(incident, name) for name in FACTS} | {"to_do": ""}
    if event == SHELVED:
        facts["shelved_until"] = said["until"].isoformat()
    else:
        facts["returned_because"] = said["cause"]
    return Notice(
        cause=f"{event}#{incident.version}",
        target=target,
        role="subscriber",
        template=event,
        facts=facts,
    )
