"""Claims: the urgency and impact a reporter states, until staff have graded the report. Pure.

Who holds no staff role does not decide that everybody is woken: the record gets a milder grade, the claim stays beside it,
and an urgent claim is looked at at once.
"""

from collections.abc import Callable
from dataclasses import replace

from gateway.incidents.record import LEAST_MAJOR, Incident
from gateway.vocabulary import LIVE, PRIORITIES, Impact, Urgency

GRADE = "grade_this"
"""The occasion of an urgent claim, and the subject of the desk's duty to judge it."""

GRADED = "graded"
"""The mark of a record whose claim somebody has judged."""

OVERDUE = "grading_overdue"
"""The mark of a record of whose claim the incident manager was told because nobody had judged it in time."""

Judge = Callable[[Impact, Urgency], int]
"""Gives the priority of an impact and an urgency."""


def claimed_priority(incident: Incident) -> int | None:
    """Return the priority that the reporter claims, None where they claimed nothing more."""
    if incident.claimed_impact is None or incident.claimed_urgency is None:
        return None
    return PRIORITIES[incident.claimed_impact][incident.claimed_urgency]


def awaits_grading(incident: Incident) -> bool:
    """Return whether an urgent claim is still to be judged."""
    claimed = claimed_priority(incident)
    return (
        claimed is not None
        and claimed <= LEAST_MAJOR
        and claimed < incident.priority
        and incident.state in LIVE
        and GRADED not in incident.marks
    )


def graded(incident: Incident) -> Incident:
    """Return the record with its claim judged."""
    return replace(incident, marks=(*incident.marks, GRADED))


def lowered(impact: Impact, urgency: Urgency, at_most: int, judge: Judge) -> tuple[Impact, Urgency]:
    """Return the most urgent grade of at most this priority: urgency is lowered first, then impact."""
    impacts, urgencies = list(Impact), list(Urgency)
    for who in impacts[impacts.index(impact) :]:
        for soon in urgencies[urgencies.index(urgency) :] if who is impact else [Urgency.LOW]:
            if judge(who, soon) >= at_most:
                return who, soon
    return Impact.INDIVIDUAL, Urgency.LOW
