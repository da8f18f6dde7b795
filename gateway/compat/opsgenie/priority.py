"""Opsgenie's update of an alert's priority, without a new firing."""

from gateway.access.principal import Who
from gateway.compat.opsgenie.reading import Found
from gateway.dedup.alert_state import Words
from gateway.dedup.alert_updates import Grading
from gateway.dedup.steps import Worded
from gateway.errors import NotFound
from gateway.incidents.alert import Alert
from gateway.ingest.sources.opsgenie import NAMESPACE
from gateway.operations.unit_of_work import Desk, Session
from gateway.vocabulary import AlertStatus

LOCK_ALERT = "SELECT title, severity, description, service FROM alert WHERE key_hash = $1 FOR UPDATE"

SET_SEVERITY = "UPDATE alert SET severity = $2 WHERE key_hash = $1"


async def prioritise(desk: Desk, found: Found, priority: str, who: Who) -> None:
    """Change an open alert's severity; a worse one raises its record, people alone lower it."""
    key = found.row["key_hash"]

    async def work(session: Session) -> None:
        row = await session.conn.fetchrow(LOCK_ALERT, key)
        if row is None:
            raise NotFound("Alert does not exist")
        incident = await session.lock(found.row["number"], who)
        before = Words(row["severity"], row["title"], row["description"])
        alert = Alert(
            namespace=NAMESPACE,
            dedup_key=found.row["dedup_key"],
            status=AlertStatus.FIRING,
            title=row["title"],
            description=row["description"] or incident.description,
            severity=priority,
            service=row["service"],
        )
        grading = Grading.of(desk.rules, desk.catalogue.judge)
        await session.write([grading.reworded(incident, Worded("opsgenie", alert, before), session.now)])
        await session.conn.execute(SET_SEVERITY, key, priority)

    await desk.within(work)
