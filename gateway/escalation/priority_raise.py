"""Changes of an incident's priority for every cause but a person's edit of the field. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.grading import PriorityGrade, with_worst, worst_known
from gateway.incidents.ledger import RAISED, ClockEvent, LedgerEntry
from gateway.incidents.record import ACTOR, Incident, Revision
from gateway.vocabulary import LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityCause:
    """The reason why an incident becomes more or less urgent, as its timeline keeps it.

    `reason` is one word: "severity" (its own alert changed), "storm" or "linked" (an alert or an
    incident related to it), "cleared", "resolved" or "unlinked". `alert` is the key of the
    alert, `severity` its sender's word, `incident` the number of the other incident.
    """

    reason: str
    alert: str = ""
    severity: str = ""
    incident: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """Return the fields that are set, by name."""
        told = {
            "reason": self.reason,
            "alert": self.alert,
            "severity": self.severity,
            "incident": self.incident,
        }
        return {name: value for name, value in told.items() if value}


def raise_priority(
    rules: SlaRules,
    incident: Incident,
    grade: PriorityGrade,
    now: datetime,
    cause: PriorityCause,
    actor: str = ACTOR,
) -> Revision:
    """Return the revision that raises a live incident in priority.

    Without events where the incident is over, where its senders have named a priority as urgent
    before (a person who set a milder one since knew of it), or where a person has set a priority
    as urgent already: in that last case `after` keeps the worse grade in its marks. The clocks
    count the new targets from `now` (docs/sla.md, raises).
    """
    worst = worst_known(incident)
    if incident.state not in LIVE or grade.priority >= worst:
        return Revision(after=incident, actor=actor, events=())
    if grade.priority >= incident.priority:
        known = replace(
            incident, marks=with_worst(incident.marks, grade.priority, incident.priority)
        )
        return Revision(after=known, actor=actor, events=())
    now = max(now, incident.ledger[-1].at)
    entry = LedgerEntry(now, ClockEvent.SET_PRIORITY, priority=grade.priority, reason=RAISED)
    graded = replace(incident, impact=grade.impact, urgency=grade.urgency, priority=grade.priority)
    after = replace(
        graded,
        marks=with_worst(incident.marks, grade.priority, grade.priority),
        policy=rules.policy_after(incident, graded),
        ledger=(*incident.ledger, entry),
        updated_at=now,
    )
    return Revision(
        after=after, actor=actor, events=(("raised", _facts(incident, after, grade, cause)),)
    )


def note_milder_cause(
    incident: Incident,
    was: int,
    calls_for: int,
    now: datetime,
    cause: PriorityCause,
    actor: str = ACTOR,
) -> Revision:
    """Return the revision that notes a milder cause; only people lower the priority.

    `was` and `calls_for` are the priorities that the worst of what fires called for before and
    calls for now.
    """
    facts = {"old": was, "new": calls_for, "priority": incident.priority, **cause.facts}
    return Revision(
        after=replace(incident, updated_at=now), actor=actor, events=(("eased", facts),)
    )


def _facts(
    before: Incident, after: Incident, grade: PriorityGrade, cause: PriorityCause
) -> Mapping[str, Any]:
    facts: dict[str, Any] = {"old": before.priority, "new": after.priority, **cause.facts}
    if grade.rule:
        facts["graded_by"] = grade.rule
    if worst_known(before) != before.priority:
        facts["set_by_person"] = before.priority
    if after.policy != before.policy:
        facts["policy"] = after.policy
    return facts
