"""Reports on major incidents: written once the incident is resolved, approved by somebody who did not write them."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gateway.db.pool import Connection
from gateway.errors import Conflict, Forbidden
from gateway.incidents.record import Incident, Revision
from gateway.operations.allowing import refuse
from gateway.operations.desk import Desk, Session
from gateway.operations.memory import Once, at_most_once
from gateway.operations.permissions import OVER, Action, may
from gateway.operations.who import Who


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was last written."""

    text: str
    written_at: datetime
    written_by: str
    approved_at: datetime | None
    approved_by: str | None


READ = "SELECT text, written_at, written_by, approved_at, approved_by FROM major_report WHERE incident_id = $1"


async def report_of(conn: Connection, incident_id: int) -> Report | None:
    """The report on this incident, or None while nobody wrote one."""
    row = await conn.fetchrow(READ, incident_id)
    return None if row is None else Report(**dict(row))


def is_due(incident: Incident) -> bool:
    """Whether a report is owed: the incident is major, by priority 1 or 2 or as declared, and over."""
    return (incident.major or incident.priority <= 2) and incident.kind == "incident" and incident.state in OVER


WRITE = """
INSERT INTO major_report (incident_id, text, written_at, written_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (incident_id) DO UPDATE SET text = excluded.text, written_at = excluded.written_at, written_by = excluded.written_by
"""


async def write_report(desk: Desk, number: str, text: str, who: Who, *, once: Once | None = None) -> Incident:
    """Write or rewrite the report; raises NotFound, Forbidden, and Conflict where none is owed or it is approved."""

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who)
        refuse(may(who, Action.REPORT, incident))
        if not is_due(incident):
            raise Conflict(f"{number} is no major incident that is over: no report is due")
        present = await report_of(session.conn, incident.id)
        if present is not None and present.approved_at is not None:
            raise Conflict(f"the report on {number} is approved and stays as it is")
        await session.conn.execute(WRITE, incident.id, text, session.now, who.name)
        return await _told(session, incident, who, "report_written", text)

    return await at_most_once(desk, once, who, work)


APPROVE = "UPDATE major_report SET approved_at = $2, approved_by = $3 WHERE incident_id = $1"


async def approve_report(desk: Desk, number: str, who: Who, *, once: Once | None = None) -> Incident:
    """Approve what is written, by another than the writer; raises NotFound, Forbidden and Conflict."""

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who)
        refuse(may(who, Action.APPROVE_REPORT, incident))
        present = await report_of(session.conn, incident.id)
        if present is None or present.approved_at is not None or not is_due(incident):
            raise Conflict(f"no report on {number} waits for approval")
        if present.written_by == who.name:
            raise Forbidden("a report is approved by another than its writer")
        await session.conn.execute(APPROVE, incident.id, session.now, who.name)
        return await _told(session, incident, who, "report_approved", present.text)

    return await at_most_once(desk, once, who, work)


async def _told(session: Session, incident: Incident, who: Who, event: str, text: str) -> Incident:
    facts = {"sha256": sha256(text.encode()).hexdigest()}
    return (await session.write([Revision(after=incident, actor=who.name, events=((event, facts),))]))[0]
