"""Grades: impact, urgency and priority, and the worst grade that senders reported. Pure.

As long as only senders have set the priority, it is the most urgent one that they reported. A
person may set another priority: then the mark "worst:<priority>" stores the most urgent one
reported by then, and only a more urgent report overrides the person's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident
from gateway.vocabulary import Impact, Urgency

WORST = "worst:"


@dataclass(frozen=True, slots=True)
class PriorityGrade:
    """An impact, an urgency, and the priority that follows from them."""

    impact: Impact
    urgency: Urgency
    priority: int
    rule: str = ""
    """The setting of a service that decided the grade; "" if the source's severity did."""


def worst_known(incident: Incident) -> int:
    """Return the most urgent priority that the senders of an incident reported so far."""
    for mark in incident.marks:
        if mark.startswith(WORST):
            return int(mark.removeprefix(WORST))
    return incident.priority


def with_worst(marks: Sequence[str], worst: int, priority: int) -> tuple[str, ...]:
    """Return the marks of an incident of this `priority` whose senders reported `worst`."""
    others = tuple(mark for mark in marks if not mark.startswith(WORST))
    return others if worst == priority else (*others, f"{WORST}{worst}")


def with_priority(incident: Incident, priority: int, now: datetime) -> Incident:
    """Return the incident with the priority that a person set.

    It overrides every severity reported by then.
    """
    entry = LedgerEntry(
        max(now, incident.ledger[-1].at), ClockEvent.SET_PRIORITY, priority=priority
    )
    marks = with_worst(incident.marks, worst_known(incident), priority)
    return replace(incident, priority=priority, ledger=(*incident.ledger, entry), marks=marks)
