"""The priority of an alert, from the words for severity of its source. Pure.

A severity is mapped to impact and urgency, and these by the matrix to a priority.
"""

from collections.abc import Mapping

from gateway.incidents.grading import PriorityGrade
from gateway.settings import ServiceSeverities, SourceSettings
from gateway.vocabulary import PRIORITIES, Impact, Urgency


def _grade(impact: Impact, urgency: Urgency, rule: str = "") -> PriorityGrade:
    return PriorityGrade(impact, urgency, PRIORITIES[impact][urgency], rule)


STORM_GRADE = _grade(Impact.COMPANY, Urgency.NORMAL)
"""The grade of an alert storm, which affects more than one group whatever each alert says."""

UNKNOWN_GRADE = _grade(Impact.GROUP, Urgency.NORMAL)
"""The grade of a severity that nobody has configured."""

DEFAULT_TABLE = "generic"
"""The table of configured severities that applies if the source's own table lacks a word."""

NO_SERVICES: Mapping[str, ServiceSeverities] = {}

SYNONYMS: Mapping[str, PriorityGrade] = {
    word: grade
    for grade, words in (
        (
            _grade(Impact.COMPANY, Urgency.URGENT),
            "critical crit fatal emergency emerg disaster page p1 sev0 sev1 alert availability",
        ),
        (_grade(Impact.COMPANY, Urgency.NORMAL), "error err high major p2 sev2 down triggered"),
        (UNKNOWN_GRADE, "warning warn average medium moderate p3 sev3"),
        (
            _grade(Impact.INDIVIDUAL, Urgency.LOW),
            (
                "info information informational notice low minor debug ok none p4 p5 sev4 sev5 "
                "not_classified"
            ),
        ),
    )
    for word in words.split()
}
"""Grades of common monitoring tools' words for severity, where no table has the word."""


def grade_of(
    source: str,
    severity: str,
    intake: Mapping[str, SourceSettings],
    service: str = "",
    services: Mapping[str, ServiceSeverities] = NO_SERVICES,
) -> PriorityGrade:
    """Return the grade of a severity.

    The first of these that has the word applies: the service's table for the source, the
    service's own table, the source's table, the generic table, SYNONYMS. Other words are
    UNKNOWN.
    """
    word = severity.strip().lower()
    if (own := services.get(service)) is not None:
        for name, words in (
            (f"sources.{source}", own.sources.get(source, {})),
            ("severity", own.severity),
        ):
            if (said := words.get(word)) is not None:
                return _grade(said.impact, said.urgency, f"services.{service}.{name}.{word}")
    for table in (source, DEFAULT_TABLE):
        if (settings := intake.get(table)) is not None and (
            grade := settings.severity.get(word)
        ) is not None:
            return _grade(grade.impact, grade.urgency)
    return SYNONYMS.get(word, UNKNOWN_GRADE)
