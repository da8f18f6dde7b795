"""What somebody acts from: a page, a message or a button, and the version that it showed."""

from dataclasses import dataclass, replace

import msgspec

from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.incidents.record import Incident, Revision
from gateway.incidents.staleness import (
    JUDGED_EVENTS,
    LaterEvent,
    StaleAction,
    Staleness,
    find_staleness,
)


@dataclass(frozen=True, slots=True)
class ActionOrigin:
    """What somebody acts from: its name in the timeline, and the version that they saw.

    `seen` is None for what is not about a version.
    """

    via: str = ""
    seen: int | None = None


DIRECT = ActionOrigin()
"""The origin of an action by the API, which names versions by If-Match."""


def with_origin(revision: Revision, origin: ActionOrigin) -> Revision:
    """Return the revision whose first event says what it was done from."""
    if not (origin.via and revision.events):
        return revision
    (event, facts), *more = revision.events
    return replace(revision, events=((event, {**facts, "via": origin.via}), *more))


LATER = """
SELECT event, actor, at, facts::text AS facts FROM timeline
WHERE incident_id = $1 AND seq > $2 AND event = ANY($3::text[]) ORDER BY seq
"""


async def fetch_staleness(
    conn: Connection, incident: Incident, seen: int, who: Principal
) -> Staleness | None:
    """Return what makes the record another than the one that somebody saw, or None."""
    if incident.version <= seen:
        return None
    rows = await conn.fetch(LATER, incident.id, seen, list(JUDGED_EVENTS))
    later = [
        LaterEvent(row["event"], row["actor"], row["at"], msgspec.json.decode(row["facts"]))
        for row in rows
    ]
    return find_staleness(incident, later, who.name)


async def check_not_stale(
    conn: Connection, incident: Incident, origin: ActionOrigin, who: Principal
) -> None:
    """Raise StaleAction for a record that is another than the one that somebody saw."""
    if origin.seen is None:
        return
    stale = await fetch_staleness(conn, incident, origin.seen, who)
    if stale is not None:
        raise StaleAction(incident.number, stale)
