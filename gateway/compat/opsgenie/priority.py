"""Opsgenie's update of an alert's priority, without a new firing of the alert."""

from gateway.access.principal import Principal
from gateway.compat.opsgenie.reading import OpsgenieAlert
from gateway.dedup.alert_state import AlertTexts
from gateway.dedup.alert_updates import AlertGrading
from gateway.dedup.steps import TextsChanged
from gateway.errors import NotFound
from gateway.incidents.alert import Alert
from gateway.ingest.sources.opsgenie import NAMESPACE
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import AlertStatus

LOCK_ALERT = (
    "SELECT title, severity, description, service FROM alert WHERE key_hash = $1 FOR UPDATE"
)

SET_SEVERITY = "UPDATE alert SET severity = $2 WHERE key_hash = $1"


async def change_alert_priority(
    uow: UnitOfWork, found: OpsgenieAlert, priority: str, who: Principal
) -> None:
    """Change an open alert's severity; a worse one raises its record's priority.

    Only people lower the priority of a record. Raises NotFound.
    """
    key = found.row["key_hash"]

    async def work(tx: Transaction) -> None:
        row = await tx.conn.fetchrow(LOCK_ALERT, key)
        if row is None:
            raise NotFound("Alert does not exist")
        incident = await tx.lock(found.row["number"], who)
        before = AlertTexts(row["severity"], row["title"], row["description"])
        alert = Alert(
            namespace=NAMESPACE,
            dedup_key=found.row["dedup_key"],
            status=AlertStatus.FIRING,
            title=row["title"],
            description=row["description"] or incident.description,
            severity=priority,
            service=row["service"],
        )
        grading = AlertGrading.of(uow.rules, uow.catalogue.judge)
        await tx.write(
            [grading.reworded(incident, TextsChanged("opsgenie", alert, before), tx.now)]
        )
        await tx.conn.execute(SET_SEVERITY, key, priority)

    await uow.within(work)
