"""Reading of the values that a page shows beside its record: people, calls, who is next."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from gateway.db.pool import Connection
from gateway.directory.reachable import find_reachable
from gateway.incidents.announcements.addressing import BY_LOGIN, RecipientDirectory
from gateway.incidents.declining import declined_by
from gateway.incidents.record import Incident
from gateway.incidents.timeline import PastEvent
from gateway.views.staff_page import role_label
from gateway.views.staff_page_values import CallMade, PageReader, Surroundings

MOST_CALLS = 6
"""The newest messages that the page shows."""

CALLS = """
SELECT created_at, role, channel, recipient, reached, state FROM outbox
WHERE incident_id = $1 AND role <> ALL (ARRAY['reporter', 'subscriber'])
ORDER BY created_at DESC, id LIMIT $2
"""

PEOPLE = "SELECT login, name, phone FROM person WHERE login = ANY($1::text[])"

NEWEST = """
SELECT at, actor, event, facts::text AS facts FROM timeline
WHERE incident_id = $1 AND event <> 'management_told' ORDER BY seq DESC LIMIT $2
"""
MOST_ENTRIES = 60


async def load_surroundings(
    conn: Connection, incident: Incident, reader: PageReader, now: datetime
) -> Surroundings:
    """Return what the page of the record tells beside it."""
    calls = await conn.fetch(CALLS, incident.id, MOST_CALLS)
    entries = await conn.fetch(NEWEST, incident.id, MOST_ENTRIES + 1)
    story = [
        PastEvent(row["at"], row["actor"], row["event"], msgspec.json.decode(row["facts"]))
        for row in entries[:MOST_ENTRIES][::-1]
    ]
    mentioned = (incident.handler, incident.assignee, incident.shelved_by)
    logins = {*mentioned, *(one.actor for one in story)}
    logins |= {row["recipient"] for row in calls if row["channel"] in BY_LOGIN}
    group = await _next_of_group(conn, incident, reader, now)
    people = await conn.fetch(PEOPLE, sorted({*logins, *group}))
    names = {row["login"]: row["name"] for row in people}
    made = [
        CallMade(
            at=row["created_at"],
            name=names.get(row["recipient"], role_label(row["role"], reader.locale)),
            login=row["recipient"] if row["channel"] in BY_LOGIN else "",
            channel=row["reached"].partition(":")[0] or row["channel"],
            state=row["state"],
        )
        for row in calls[::-1]
    ]
    return Surroundings(
        names=names,
        phones={row["login"]: row["phone"] for row in people if row["phone"]},
        calls=made,
        group=[names.get(login, login) for login in group],
        story=story,
        earlier=len(entries) > MOST_ENTRIES,
    )


async def _next_of_group(
    conn: Connection, incident: Incident, reader: PageReader, now: datetime
) -> Sequence[str]:
    """Return the logins of the group that are called when this reader declines."""
    if not incident.assignee_group:
        return []
    slug = incident.assignee_group
    people = await find_reachable(conn, (), (), (slug,), now)
    passed_over = declined_by(incident) | {reader.login}
    directory = RecipientDirectory(people).without(passed_over)
    return [one.login for one in directory.willing(directory.in_group(slug))]
