"""How bad an alert is: the source's severity words to impact and urgency, and by the matrix to a priority. Pure."""

from collections.abc import Mapping

from gateway.incidents.grading import Grade
from gateway.settings import Intake, ServiceIntake
from gateway.vocabulary import PRIORITIES, Impact, Urgency


def _grade(impact: Impact, urgency: Urgency, rule: str = "") -> Grade:
    return Grade(impact, urgency, PRIORITIES[impact][urgency], rule)


STORM = _grade(Impact.COMPANY, Urgency.NORMAL)
"""A storm of alerts hurts more than one group, whatever each alert says."""

UNKNOWN = _grade(Impact.GROUP, Urgency.NORMAL)
"""What a word that nobody has configured is taken for."""

DEFAULT_TABLE = "generic"
"""The source whose configured severities hold where a source has no word of its own."""

NO_SERVICES: Mapping[str, ServiceIntake] = {}

SYNONYMS: Mapping[str, Grade] = {
    word: grade
    for grade, words in (
        (
            _grade(Impact.COMPANY, Urgency.URGENT),
            "critical crit fatal emergency emerg disaster page p1 sev0 sev1 alert availability",
        ),
        (_grade(Impact.COMPANY, Urgency.NORMAL), "error err high major p2 sev2 down triggered"),
        (UNKNOWN, "warning warn average medium moderate p3 sev3"),
        (
            _grade(Impact.INDIVIDUAL, Urgency.LOW),
            "info information informational notice low minor debug ok none p4 p5 sev4 sev5 not_classified",
        ),
    )
    for word in words.split()
}
"""Words of the field's tools, for severities that no table names."""


def grade_of(
    source: str,
    severity: str,
    intake: Mapping[str, Intake],
    service: str = "",
    services: Mapping[str, ServiceIntake] = NO_SERVICES,
) -> Grade:
    """The grade of a severity: the service's word for the source, the service's, the source's, the generic one, the usual."""
    word = severity.strip().lower()
    if (own := services.get(service)) is not None:
        for name, words in ((f"sources.{source}", own.sources.get(source, {})), ("severity", own.severity)):
            if (said := words.get(word)) is not None:
                return _grade(said.impact, said.urgency, f"services.{service}.{name}.{word}")
    for table in (source, DEFAULT_TABLE):
        if (settings := intake.get(table)) is not None and (grade := settings.severity.get(word)) is not None:
            return _grade(grade.impact, grade.urgency)
    return SYNONYMS.get(word, UNKNOWN)
