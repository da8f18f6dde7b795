"""Records made by people: the desk, a report form, another system."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.errors import Flaw, Unprocessable
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.model import PRIORITIES, Impact, Urgency
from gateway.incidents.record import Incident, Revision
from gateway.incidents.timeline import GENESIS
from gateway.operations.allowing import refuse
from gateway.operations.desk import Desk, Session
from gateway.operations.memory import Once, recall, remember
from gateway.operations.permissions import ALLOWED, Action, may
from gateway.operations.who import Who
from gateway.sla.choice import INCIDENT

LATE_ENTRY = timedelta(hours=12)
"""How long before the record an incident may have occurred."""

LATEST_ENTRY = timedelta(days=5 * 366)
"""How long before it at the very most: as long as records are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is told when a record is made by hand."""

    title: str
    source: str = "web"
    description: str = ""
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    service: str = ""
    ci: str = ""
    category: str = ""
    contact_name: str = ""
    contact: str = ""
    location: str = ""
    reporting_unit: str = ""
    occurred_at: datetime | None = None
    security: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    late_reason: str = ""


async def create(desk: Desk, report: Report, who: Who, *, once: Once | None = None) -> Incident:
    """Open a record.

    Raises Forbidden, and Unprocessable for a time of occurrence in the future, or over 12 h ago without a `late_reason` of
    somebody who may enter late.
    """
    refuse(may(who, Action.SUBMIT))
    if not report.contact and may(who, Action.INSPECT) != ALLOWED:
        report = replace(report, contact=who.contact)

    async def work(session: Session) -> Incident:
        if once is not None and (known := await recall(session, once, who)) is not None:
            return known
        ids, numbers = await desk.reserve(1, desk.clock.stamp())
        incident = await session.open(_revision(desk, report, who, session.now, ids[0], numbers[0]))
        if once is not None:
            await remember(session, once, incident)
        return incident

    return await desk.within(work)


def _revision(desk: Desk, report: Report, who: Who, now: datetime, incident_id: int, number: str) -> Revision:
    priority = PRIORITIES[report.impact][report.urgency]
    policy = desk.rules.policy_for(kind=INCIDENT, service=report.service, source=report.source, priority=priority)
    incident = Incident(
        id=incident_id,
        number=number,
        **{name: getattr(report, name) for name in COPIED},
        priority=priority,
        occurred_at=_occurred(report, who, now),
        recorded_at=now,
        updated_at=now,
        owner=who.name,
        policy=policy.name,
        ledger=(LedgerEntry(now, ClockEvent.RECORD, priority=priority),),
        version=0,
        timeline_hash=GENESIS,
    )
    notices, told = desk.rules.escalation.opened(incident)
    facts: Mapping[str, Any] = {"source": report.source, "priority": priority, "reason": "reported"}
    if now - incident.occurred_at > LATE_ENTRY:
        facts = {**facts, "late_reason": report.late_reason}
    return Revision(after=incident, actor=who.name, events=(("opened", facts), *told), notices=notices)


COPIED = tuple(name for name in Report.__dataclass_fields__ if name not in {"occurred_at", "late_reason"})


def _occurred(report: Report, who: Who, now: datetime) -> datetime:
    at = report.occurred_at
    if at is None:
        return now
    if at > now:
        raise Unprocessable("occurred_at lies in the future", flaws=(Flaw("/occurred_at", "must not be later than now"),))
    if now - at > LATEST_ENTRY:
        raise Unprocessable("occurred_at lies too far back", flaws=(Flaw("/occurred_at", "over five years ago"),))
    if now - at > LATE_ENTRY and report.late_reason.strip():
        refuse(may(who, Action.ENTER_LATE))
    elif now - at > LATE_ENTRY:
        detail = "a record may be made at most 12 h after the incident occurred, later by an incident manager with late_reason"
        raise Unprocessable(detail, flaws=(Flaw("/occurred_at", "more than 12 h ago"),))
    return at
