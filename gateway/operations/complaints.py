"""Complaints about the handling of a record.

They are stored, and the operations director is notified of serious ones.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.incidents.record import Incident, Revision
from gateway.incidents.visibility import Visibility
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint. `complainant` is the person who complains, `filed_by` the one who entered it."""

    id: int
    number: str
    text: str
    complainant: str
    filed_at: datetime
    filed_by: str


FILE = (
    "INSERT INTO complaint (incident_id, text, complainant, filed_at, filed_by) "
    "VALUES ($1, $2, $3, $4, $5) RETURNING id"
)


async def file_complaint(
    uow: UnitOfWork,
    number: str,
    text: str,
    complainant: str,
    who: Principal,
    *,
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """File a complaint.

    The operations director is notified of one about a major incident, a record of priority 1 or
    2, or one that missed a target. Raises NotFound, Forbidden and VersionMismatch.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.COMPLAIN, incident))
        by = complainant or who.name
        made = await tx.conn.fetchval(FILE, incident.id, text, by, tx.now, who.name)
        events = (("complaint_filed", {"complaint": made, "complainant": by, "text": text}),)
        told = (
            uow.rules.escalation.announce_complaint(incident, made, text)
            if _weighs(incident)
            else ()
        )
        return (
            await tx.write(
                [Revision(after=incident, actor=who.name, events=events, announcements=told)]
            )
        )[0]

    return await run_once(uow, once, who, work)


def _weighs(incident: Incident) -> bool:
    return incident.major or incident.priority <= 2 or incident.breached


PAGE = """
SELECT c.id, i.number, c.text, c.complainant, c.filed_at, c.filed_by FROM complaint c
  JOIN incident i ON i.id = c.incident_id
WHERE ($1::bigint IS NULL OR c.incident_id = $1) AND ($2::bigint IS NULL OR c.id < $2)
AND may_see(i.security, i.recorded_by, i.owner, i.contact, $3, $4, $5)
ORDER BY c.id DESC LIMIT $6
"""


async def load_complaints(
    conn: Connection,
    sight: Visibility,
    *,
    incident: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[Complaint]:
    """Return the newest complaints before `before`, of one record or of all visible ones."""
    return [
        Complaint(**row)
        for row in await conn.fetch(PAGE, incident, before, *sight.parameters(), limit)
    ]
