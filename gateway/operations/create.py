"""Records made by people: the service desk, a report form, another system."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.catalogue.routing import PEOPLE
from gateway.directory.roles import Role
from gateway.errors import Flaw, Unprocessable
from gateway.incidents.claims import lower_grade
from gateway.incidents.custom_fields import CREATE
from gateway.incidents.opening import begin_draft, open_record
from gateway.incidents.record import Incident, ReportedFields, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.placement import open_correlated
from gateway.operations.reporter.acknowledgement import queue_acknowledgement
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import PRIORITIES, Channel, Impact, Kind, RequestCategory, Urgency

LATE_ENTRY = timedelta(hours=12)
"""The time after an occurrence within which an incident may be recorded without a reason."""

PEOPLE_CHANNELS = frozenset(Channel) - {Channel.MONITORING}
"""The channels by which people report.

What other systems record they have correlated themselves.
"""

LATEST_ENTRY = timedelta(days=5 * 366)
"""The greatest time between an occurrence and its record: as long as records are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport(ReportedFields):
    """The fields of a record that is made by hand."""

    title: str
    kind: Kind = Kind.INCIDENT
    request_category: RequestCategory | None = None
    source: str = "web"
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    occurred_at: datetime | None = None
    late_reason: str = ""


STATED = frozenset(NewReport.__dataclass_fields__) & frozenset(Incident.__dataclass_fields__)
"""The fields of a report that are fields of its record too."""


async def create(
    uow: UnitOfWork, report: NewReport, who: Principal, *, once: IdempotencyKey | None = None
) -> Incident:
    """Open a record.

    Raises Forbidden, and Unprocessable for a time of occurrence in the future, or over 12 h ago
    without a `late_reason` by somebody who may enter late, and for custom fields that are
    missing or invalid.
    """
    raise_if_refused(may(who, Action.SUBMIT))
    if (report.request_category is None) is (report.kind is Kind.SERVICE_REQUEST):
        flaw = Flaw("/request_category", "a service request has one, an incident has none")
        raise Unprocessable("kind and request_category do not fit together", flaws=(flaw,))
    fields = uow.fields.merged(report.kind, {}, report.fields)
    uow.fields.require(report.kind, fields, (CREATE,))
    report = replace(report, fields=fields)
    if not report.contact and may(who, Action.INSPECT) != ALLOWED:
        report = replace(report, contact=who.contact)

    async def work(tx: Transaction) -> Incident:
        ids, numbers = await uow.reserve(1, uow.clock.stamp())
        opened = opening_revision(uow, report, who, tx.now, ids[0], numbers[0])
        if opened.after.source in PEOPLE_CHANNELS:
            placed = await open_correlated(tx, opened)
            await queue_acknowledgement(tx, placed, who)
            return placed
        return await tx.open(uow.catalogue.route(opened, PEOPLE, tx.now))

    return await run_once(uow, once, who, work)


def opening_revision(
    uow: UnitOfWork, report: NewReport, who: Principal, now: datetime, incident_id: int, number: str
) -> Revision:
    """Return the first revision of a record: its reported fields, its priority and its policy.

    A reporter who is not staff gets at most the priority of `intake.reported_at_most`; their
    claim is kept beside it.
    """
    claimed = report
    if who.is_outsider:
        report = _capped(uow, report)
    judged = uow.catalogue.judge(PRIORITIES[report.impact][report.urgency], report.service)
    priority = max(judged.priority, uow.reported_at_most) if who.is_outsider else judged.priority
    policy = uow.rules.policy_for(
        kind=report.kind, service=report.service, source=report.source, priority=priority
    )
    draft = Incident(
        **begin_draft(priority, now),
        **{name: getattr(report, name) for name in STATED - {"occurred_at"}},
        id=incident_id,
        number=number,
        priority=priority,
        occurred_at=_occurred(report, who, now),
        owner=who.name if Role.SERVICE_DESK in who.parts else "",
        recorded_by=who.name,
        claimed_impact=None if claimed is report else claimed.impact,
        claimed_urgency=None if claimed is report else claimed.urgency,
        policy=policy.name,
    )
    facts: dict[str, Any] = dict(judged.facts)
    if claimed is not report:
        facts["claimed"] = {"impact": claimed.impact, "urgency": claimed.urgency}
    if draft.fields:
        facts["fields"] = draft.fields
    if now - draft.occurred_at > LATE_ENTRY:
        facts["late_reason"] = report.late_reason
    return open_record(draft, actor=who.name, reason="reported", facts=facts)


def _capped(uow: UnitOfWork, report: NewReport) -> NewReport:
    """Return the report with its grade lowered to what a reporter may have.

    Unchanged where that is no milder.
    """

    def judge(impact: Impact, urgency: Urgency) -> int:
        return uow.catalogue.judge(PRIORITIES[impact][urgency], report.service).priority

    if judge(report.impact, report.urgency) >= uow.reported_at_most:
        return report
    impact, urgency = lower_grade(report.impact, report.urgency, uow.reported_at_most, judge)
    return replace(report, impact=impact, urgency=urgency)


def _occurred(report: NewReport, who: Principal, now: datetime) -> datetime:
    at = report.occurred_at
    if at is None:
        return now
    if at > now:
        raise Unprocessable(
            "occurred_at lies in the future",
            flaws=(Flaw("/occurred_at", "must not be later than now"),),
        )
    if now - at > LATEST_ENTRY:
        raise Unprocessable(
            "occurred_at lies too far back", flaws=(Flaw("/occurred_at", "over five years ago"),)
        )
    if now - at > LATE_ENTRY and report.late_reason.strip():
        raise_if_refused(may(who, Action.ENTER_LATE))
    elif now - at > LATE_ENTRY:
        detail = (
            "a record may be made at most 12 h after the incident occurred, "
            "later by an incident manager with late_reason"
        )
        raise Unprocessable(detail, flaws=(Flaw("/occurred_at", "more than 12 h ago"),))
    return at
