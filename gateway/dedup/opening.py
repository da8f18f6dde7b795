"""Creation of the record that an alert opens, from a draft and the configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from gateway.catalogue.live import Catalogue
from gateway.catalogue.routing import ALERTS
from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.alert_updates import shown_title
from gateway.dedup.batch_items import BatchItem, RecordDraft
from gateway.dedup.priority import STORM_GRADE, grade_of
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import refresh_timers
from gateway.incidents.alert import Alert
from gateway.incidents.follow_on import PredecessorRecord, continue_record
from gateway.incidents.grading import PriorityGrade
from gateway.incidents.opening import begin_draft, open_record
from gateway.incidents.record import ACTOR, Incident, Revision, TimerChange
from gateway.settings import Settings
from gateway.sla.clocks import opening_due
from gateway.sla.policy_choice import INCIDENT
from gateway.vocabulary import TimerKind

GRADES_KEPT = 4096
"""The number of grades that are cached, by source, severity and service."""


@dataclass(frozen=True, slots=True)
class RecordOpener:
    """The configuration for new records."""

    settings: Settings
    catalogue: Catalogue
    _grade: Callable[[str, str, str], PriorityGrade] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Cache grades of severities: each alert that opens a record needs its grade twice."""
        object.__setattr__(self, "_grade", lru_cache(GRADES_KEPT)(self._grade_of))

    @property
    def rules(self) -> SlaRules:
        """The present SLA rules."""
        return self.catalogue.rules

    def revision(self, draft: RecordDraft, now: datetime) -> Revision:
        """Return the new record of a draft, whose incident reference has its id and number."""
        alert, storm = draft.item.alert, draft.holder.storm
        grade = self._graded(draft.item)
        grade = min(STORM_GRADE, grade, key=lambda one: one.priority) if storm else grade
        judged = self.catalogue.judge(grade.priority, "" if storm else alert.service)
        incident = self._draft(draft, now, grade, judged.priority)
        facts = _facts(draft, incident, judged.facts, grade)
        opened = open_record(incident, actor=ACTOR, reason=draft.reason, facts=facts)
        if draft.holder.master is not None:
            score = {"reason": incident.link_reason, "score": incident.link_score}
            linked = ("linked", {"master": draft.holder.top.number, **score})
            return replace(opened, events=(*opened.events, linked))
        return self._armed(self._given(opened, draft.follows, now), now)

    def priority(self, item: BatchItem) -> int:
        """Return the priority of an alert, adjusted by the criticality of its service."""
        return self.catalogue.judge(self._graded(item).priority, item.alert.service).priority

    def _graded(self, item: BatchItem) -> PriorityGrade:
        return self._grade(item.source, item.alert.severity, item.alert.service)

    def _grade_of(self, source: str, severity: str, service: str) -> PriorityGrade:
        return grade_of(source, severity, self.settings.intake, service, self.settings.services)

    def _given(self, opened: Revision, follows: IncidentRef | None, now: datetime) -> Revision:
        """Return the revision assigned to the earlier assignee, or as a routing rule says."""
        given = opened
        if follows is not None and self.catalogue.may_have(opened.after, _before(follows)):
            given = continue_record(opened, _before(follows), now)
        return given if given.after.handler else self.catalogue.route(given, ALERTS, now)

    def _armed(self, given: Revision, now: datetime) -> Revision:
        """Return the revision with its first timers.

        Most records stay unassigned: their timers are known without walking the ledger.
        """
        incident = given.after
        if len(incident.ledger) > 1:
            after, armed = refresh_timers(self.rules, incident, now)
            return replace(given, after=after, timers=armed)
        timers: tuple[TimerChange, ...] = (TimerChange(TimerKind.SLA, incident.next_due_at),)
        if rungs := self.rules.escalation.ladder(incident):
            due = self.rules.policy(incident).calendar.add(now, rungs[0].after)
            timers += (TimerChange(TimerKind.LADDER, due),)
        return Revision(after=incident, actor=given.actor, events=given.events, timers=timers)

    def _draft(
        self, draft: RecordDraft, now: datetime, grade: PriorityGrade, priority: int
    ) -> Incident:
        alert, holder, storm = draft.item.alert, draft.holder, draft.holder.storm
        master, service = (holder.top if holder.master else None), "" if storm else alert.service
        policy = self.rules.policy_for(
            kind=INCIDENT, service=service, source=draft.item.source, priority=priority
        )
        return Incident(
            **begin_draft(priority, now),
            id=holder.id,
            number=holder.number,
            title=shown_title(alert.title, storm=storm),
            description=alert.description,
            source=draft.item.source,
            severity=alert.severity,
            service=service,
            ci="" if storm else alert.ci,
            impact=grade.impact,
            urgency=grade.urgency,
            priority=priority,
            integration_id=draft.item.integration_id,
            key_hash=None if storm else draft.item.key_hash,
            dedup_key=None if storm else alert.dedup_key,
            occurred_at=_occurred(alert, now),
            policy=policy.name,
            next_due_at=None if master else opening_due(policy, priority, now),
            follows_id=draft.follows.id if draft.follows else None,
            security=holder.security,
            master_id=master.id if master else None,
            link_reason=draft.link_reason.reason if master and draft.link_reason else None,
            link_score=draft.link_reason.score if master and draft.link_reason else None,
            labels={} if storm else alert.labels,
            links=tuple([{"href": link.href, "text": link.text} for link in alert.links]),
            storm=storm,
        )


def _before(holder: IncidentRef) -> PredecessorRecord:
    return PredecessorRecord(holder.id, holder.handler, holder.assignee, holder.group, holder.tier)


def _occurred(alert: Alert, now: datetime) -> datetime:
    stamped = alert.event_time
    return stamped if stamped is not None and stamped <= now else now


def _facts(
    draft: RecordDraft, incident: Incident, judged: Mapping[str, Any], grade: PriorityGrade
) -> Mapping[str, Any]:
    facts: dict[str, Any] = {}
    if incident.dedup_key is not None:
        facts["dedup_key"] = incident.dedup_key
    if draft.follows is not None:
        facts["follows"] = draft.follows.number
    facts |= judged
    if grade.rule:
        facts["graded_by"] = grade.rule
    return facts
