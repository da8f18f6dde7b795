"""Reports on major incidents: written after resolution, approved by a second person, then sent.

A record that is reopened after its report was approved needs a new version once it is over
again; the old one is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import Conflict, Forbidden
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import ReportStatus


@dataclass(frozen=True, slots=True)
class MajorReport:
    """One version of a report as it was last written."""

    version: int
    text: str
    written_at: datetime
    written_by: str
    approved_at: datetime | None
    approved_by: str | None


READ = (
    "SELECT version, text, written_at, written_by, approved_at, approved_by FROM major_report "
    "WHERE incident_id = $1"
)

READ_PAST = """
SELECT version, text, written_at, written_by, approved_at, approved_by FROM major_report_past
WHERE incident_id = $1 AND version = $2
"""


async def load_report(
    conn: Connection, incident_id: int, version: int | None = None
) -> MajorReport | None:
    """Return the newest report on this incident, or the given version; None if there is none."""
    row = await conn.fetchrow(READ, incident_id)
    if row is not None and version not in (None, row["version"]):
        row = await conn.fetchrow(READ_PAST, incident_id, version)
    return None if row is None else MajorReport(**dict(row))


STANDING = (
    "SELECT incident_id, status FROM major_report_standing WHERE incident_id = ANY($1::bigint[])"
)


async def load_report_statuses(
    conn: Connection, incident_ids: Sequence[int]
) -> Mapping[int, ReportStatus]:
    """Return the status of the report of each of the incidents that is major and over."""
    return {
        row["incident_id"]: ReportStatus(row["status"])
        for row in await conn.fetch(STANDING, list(incident_ids))
    }


PUT_ASIDE = """
INSERT INTO major_report_past (incident_id, version, text, written_at, written_by, approved_at,
  approved_by)
SELECT incident_id, version, text, written_at, written_by, approved_at, approved_by
FROM major_report
WHERE incident_id = $1 AND approved_at IS NOT NULL
"""

WRITE = """
INSERT INTO major_report AS r (incident_id, text, written_at, written_by, reopened)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (incident_id) DO UPDATE SET text = excluded.text, written_at = excluded.written_at,
  written_by = excluded.written_by, reopened = excluded.reopened,
  version = r.version + (r.approved_at IS NOT NULL)::int, approved_at = NULL, approved_by = NULL
RETURNING version
"""


async def write_report(
    uow: UnitOfWork, number: str, text: str, who: Principal, *, once: IdempotencyKey | None = None
) -> Incident:
    """Write or rewrite the report.

    Raises NotFound, Forbidden, and Conflict where none is due or it is approved.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, Action.REPORT, incident))
        standing = (await load_report_statuses(tx.conn, [incident.id])).get(incident.id)
        if standing is None:
            raise Conflict(f"{number} is no major incident that is over: no report is due")
        if standing is ReportStatus.APPROVED:
            raise Conflict(f"the report on {number} is approved and stays as it is")
        await tx.conn.execute(PUT_ASIDE, incident.id)
        version = await tx.conn.fetchval(
            WRITE, incident.id, text, tx.now, who.name, incident.reopened
        )
        revision = Revision(
            after=incident, actor=who.name, events=(("report_written", _facts(text, version)),)
        )
        return (await tx.write([revision]))[0]

    return await run_once(uow, once, who, work)


APPROVE = (
    "UPDATE major_report SET approved_at = $2, approved_by = $3, reopened = $4 "
    "WHERE incident_id = $1"
)


async def approve_report(
    uow: UnitOfWork, number: str, who: Principal, *, once: IdempotencyKey | None = None
) -> Incident:
    """Approve the report, by another person than its writer, and send it to the leader.

    Raises NotFound, Forbidden and Conflict.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, Action.APPROVE_REPORT, incident))
        present = await load_report(tx.conn, incident.id)
        standing = (await load_report_statuses(tx.conn, [incident.id])).get(incident.id)
        if present is None or standing is not ReportStatus.WRITTEN:
            raise Conflict(f"no report on {number} waits for approval")
        if present.written_by == who.name:
            raise Forbidden("a report is approved by another than its writer")
        await tx.conn.execute(APPROVE, incident.id, tx.now, who.name, incident.reopened)
        return (await tx.write([_approved(tx, incident, present, who)]))[0]

    return await run_once(uow, once, who, work)


def _approved(tx: Transaction, incident: Incident, report: MajorReport, who: Principal) -> Revision:
    told = tx.uow.rules.escalation.reported(incident, report.version, report.text)
    events = (("report_approved", _facts(report.text, report.version)),)
    return Revision(after=incident, actor=who.name, events=events, announcements=told)


def _facts(text: str, version: int) -> Mapping[str, Any]:
    return {"sha256": sha256(text.encode()).hexdigest(), "version": version}
