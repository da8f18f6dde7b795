"""Claims: the urgency and impact that a reporter states, until staff grade the report. Pure.

A reporter without a staff role cannot wake everybody: the record gets a lower priority, the
claim is kept beside it, and the desk must review an urgent claim at once.
"""

from collections.abc import Callable
from dataclasses import replace

from gateway.incidents.record import LEAST_URGENT_MAJOR_PRIORITY, Incident
from gateway.vocabulary import LIVE, PRIORITIES, Impact, Urgency

GRADE = "grade_this"
"""The occasion of an urgent claim, and the subject of the desk's duty to review it."""

GRADED = "graded"
"""The mark of a record whose claim was reviewed."""

OVERDUE = "grading_overdue"
"""The mark of a record whose claim nobody reviewed in time: the incident manager was notified."""

PriorityFunction = Callable[[Impact, Urgency], int]
"""A function that returns the priority of an impact and an urgency."""


def claimed_priority(incident: Incident) -> int | None:
    """Return the priority that the reporter claims, None without a claim."""
    if incident.claimed_impact is None or incident.claimed_urgency is None:
        return None
    return PRIORITIES[incident.claimed_impact][incident.claimed_urgency]


def awaits_grading(incident: Incident) -> bool:
    """Return whether an urgent claim is still to be reviewed."""
    claimed = claimed_priority(incident)
    return (
        claimed is not None
        and claimed <= LEAST_URGENT_MAJOR_PRIORITY
        and claimed < incident.priority
        and incident.state in LIVE
        and GRADED not in incident.marks
    )


def mark_claim_reviewed(incident: Incident) -> Incident:
    """Return the record with its claim marked as reviewed."""
    return replace(incident, marks=(*incident.marks, GRADED))


def lower_grade(
    impact: Impact, urgency: Urgency, at_most: int, judge: PriorityFunction
) -> tuple[Impact, Urgency]:
    """Return the most urgent impact and urgency whose priority is `at_most` or milder.

    Urgency is lowered first, then impact.
    """
    impacts, urgencies = list(Impact), list(Urgency)
    for who in impacts[impacts.index(impact) :]:
        for soon in urgencies[urgencies.index(urgency) :] if who is impact else [Urgency.LOW]:
            if judge(who, soon) >= at_most:
                return who, soon
    return Impact.INDIVIDUAL, Urgency.LOW
