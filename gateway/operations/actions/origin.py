"""The origin of an action: a page, a message or a button, and the version that it showed."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.incidents.record import Incident, Revision
from gateway.incidents.staleness import (
    JUDGED_EVENTS,
    StaleAction,
    Staleness,
    find_staleness,
)
from gateway.incidents.timeline import PastEvent


@dataclass(frozen=True, slots=True)
class ActionOrigin:
    """The page, message or button that somebody acts from.

    `via` is its name in the timeline. It showed the record at the version `seen`, or told of it
    at `told_at`; both are None for what is not about a state of the record.
    """

    via: str = ""
    seen: int | None = None
    told_at: datetime | None = None


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
WHERE incident_id = $1 AND (seq > $2 OR at > $3) AND event = ANY($4::text[]) ORDER BY seq
"""


async def fetch_staleness(
    conn: Connection, incident: Incident, origin: ActionOrigin, who: Principal
) -> Staleness | None:
    """Return what makes the record another than the one that somebody saw, or None."""
    seen, told_at = origin.seen, origin.told_at
    if (seen is None and told_at is None) or (seen is not None and incident.version <= seen):
        return None
    rows = await conn.fetch(LATER, incident.id, seen, told_at, list(JUDGED_EVENTS))
    later = [
        PastEvent(row["at"], row["actor"], row["event"], msgspec.json.decode(row["facts"]))
        for row in rows
    ]
    return find_staleness(incident, later, who.name)


async def check_not_stale(
    conn: Connection, incident: Incident, origin: ActionOrigin, who: Principal
) -> None:
    """Raise StaleAction for a record that is another than the one that somebody saw."""
    stale = await fetch_staleness(conn, incident, origin, who)
    if stale is not None:
        raise StaleAction(incident.number, stale)
