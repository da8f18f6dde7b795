"""Grades: impact, urgency and priority, and the worst grade that senders have given. Pure.

While nobody but its senders has set the priority, it is itself the most urgent they named. A priority that a person sets
may be another one: then the mark "worst:<priority>" keeps the most urgent that was known, which that priority holds against.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident
from gateway.vocabulary import Impact, Urgency

WORST = "worst:"


@dataclass(frozen=True, slots=True)
class Grade:
    """Impact, urgency and the priority that follows from them."""

    impact: Impact
    urgency: Urgency
    priority: int
    rule: str = ""
    """The setting of a service that decided; "" where the words of the source did."""


def worst_known(incident: Incident) -> int:
    """Return the most urgent priority that the senders of an incident have named so far."""
    for mark in incident.marks:
        if mark.startswith(WORST):
            return int(mark.removeprefix(WORST))
    return incident.priority


def with_worst(marks: Sequence[str], worst: int, priority: int) -> tuple[str, ...]:
    """Return the marks of an incident of that priority whose senders have named `worst`."""
    others = tuple(mark for mark in marks if not mark.startswith(WORST))
    return others if worst == priority else (*others, f"{WORST}{worst}")


def prioritised(incident: Incident, priority: int, now: datetime) -> Incident:
    """Return an incident with the priority that a person set, which holds against every severity known by then."""
    entry = LedgerEntry(max(now, incident.ledger[-1].at), ClockEvent.SET_PRIORITY, priority=priority)
    marks = with_worst(incident.marks, worst_known(incident), priority)
    return replace(incident, priority=priority, ledger=(*incident.ledger, entry), marks=marks)
