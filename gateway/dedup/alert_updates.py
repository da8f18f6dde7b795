"""Changes of an alert's title, description and severity, and of the priority by them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from gateway.catalogue.criticality import AdjustedPriority
from gateway.dedup.alert_state import AlertTexts, texts_of_alert
from gateway.dedup.priority import grade_of
from gateway.dedup.steps import TextsChanged
from gateway.escalation import priority_raise
from gateway.escalation.priority_raise import PriorityCause
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.alert import Alert
from gateway.incidents.grading import PriorityGrade
from gateway.incidents.record import ACTOR, Incident, Revision
from gateway.settings import Settings

STORM_TITLE = "Alert storm: "
TITLE = 1_000


class FiringAlert(NamedTuple):
    """A firing alert, one of the several of an alert storm."""

    key: str
    source: str
    service: str
    words: AlertTexts


@dataclass(frozen=True, slots=True)
class AlertGrading:
    """The settings that grade alerts; `judge` applies the criticality of services."""

    settings: Settings
    rules: SlaRules
    judge: Callable[[int, str], AdjustedPriority]

    @classmethod
    def of(cls, rules: SlaRules, judge: Callable[[int, str], AdjustedPriority]) -> "AlertGrading":
        """Return the grading by the settings of these rules."""
        if rules.settings is None:
            raise AssertionError("the rules of a running gateway were read from its settings")
        return cls(rules.settings, rules, judge)

    def grade(self, source: str, severity: str, service: str) -> PriorityGrade:
        """Return the grade of a severity, adjusted by the criticality of its service."""
        grade = grade_of(source, severity, self.settings.intake, service, self.settings.services)
        return replace(grade, priority=self.judge(grade.priority, service).priority)

    def reworded(self, incident: Incident, step: TextsChanged, now: datetime) -> Revision:
        """Return the revision of a live record by its alert's present texts and severity.

        A record of one alert shows its present texts. A storm shows those of its worst alert:
        another alert's replace them if it is worse. What a person has corrected stays.
        """
        alert, before = step.alert, step.before
        service = alert.service if incident.storm else incident.service or alert.service
        now_calls = self.grade(step.source, alert.severity, service)
        was_shown = before is not None and (
            not incident.storm or incident.title == shown_title(before.title, storm=incident.storm)
        )
        shown = self.grade(step.source, incident.severity, service)
        if incident.storm and was_shown and now_calls.priority > shown.priority:
            return Revision(
                after=incident, actor=ACTOR, events=()
            )  # `worst_shown` finds the worst alert
        if not was_shown and now_calls.priority >= shown.priority and incident.severity:
            return Revision(after=incident, actor=ACTOR, events=())
        worded = _worded(incident, before if was_shown else None, alert)
        reason = "severity" if before is not None else "storm"
        cause = PriorityCause(reason=reason, alert=alert.dedup_key, severity=alert.severity)
        raised = priority_raise.raise_priority(self.rules, worded, now_calls, now, cause)
        events = (*_changed(incident, worded, alert.dedup_key), *raised.events)
        if before is not None and was_shown:
            was = self.grade(step.source, before.severity, service).priority
            if now_calls.priority > was:
                events += priority_raise.note_milder_cause(
                    raised.after, was, now_calls.priority, now, cause
                ).events
        return replace(raised, events=events)

    def with_worst_alert(
        self, incident: Incident, firing: Sequence[FiringAlert], now: datetime
    ) -> Revision:
        """Return the revision of a storm that shows its worst alert.

        It changes if the alert that is shown became milder or cleared.
        """
        if not firing:
            return Revision(after=incident, actor=ACTOR, events=())
        graded = [
            (self.grade(one.source, one.words.severity, one.service).priority, one)
            for one in firing
        ]
        worst, instead = min(graded, key=lambda one: one[0])
        titles = {
            (shown_title(one.words.title, storm=True), one.words.severity): priority
            for priority, one in graded
        }
        if titles.get((incident.title, incident.severity), worst + 1) <= worst:
            return Revision(after=incident, actor=ACTOR, events=())
        worded = _replaced(incident, instead.words)
        events = _changed(incident, worded, instead.key)
        was = self.grade(instead.source, incident.severity, instead.service).priority
        if events and worst > was:
            cause = PriorityCause(
                reason="cleared", alert=instead.key, severity=instead.words.severity
            )
            events += priority_raise.note_milder_cause(worded, was, worst, now, cause).events
        return Revision(after=worded, actor=ACTOR, events=events)


def shown_title(title: str, *, storm: bool) -> str:
    """Return the title of a record for the title of its alert; storms have a prefix."""
    return f"{STORM_TITLE}{title}"[:TITLE] if storm else title


def _worded(incident: Incident, before: AlertTexts | None, alert: Alert) -> Incident:
    """Return the record with the alert's texts in place of `before`.

    If `before` is None, they replace those of another alert.
    """
    title, description = shown_title(alert.title, storm=incident.storm), alert.description
    if before is None:
        return _replaced(incident, texts_of_alert(alert))
    if incident.title != shown_title(before.title, storm=incident.storm):
        title = incident.title
    if before.description is not None and incident.description != before.description:
        description = incident.description
    return replace(incident, severity=alert.severity, title=title, description=description)


def _replaced(incident: Incident, words: AlertTexts) -> Incident:
    """Return a storm with the texts of another of its alerts; a title set by a person stays."""
    title = (
        shown_title(words.title, storm=True)
        if incident.title.startswith(STORM_TITLE)
        else incident.title
    )
    return replace(
        incident, severity=words.severity, title=title, description=words.description or ""
    )


def _changed(
    before: Incident, after: Incident, key: str
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    changes = [
        {"field": name, "old": getattr(before, name), "new": getattr(after, name)}
        for name in ("description", "severity", "title")
        if getattr(before, name) != getattr(after, name)
    ]
    return (("changed", {"changes": changes, "alert": key}),) if changes else ()
