"""How bad a sender's severity is: (source, severity) -> (impact, urgency, priority), by the settings' tables. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.incidents.model import PRIORITIES, Impact, Urgency
from gateway.settings import Intake

SYNONYMS: Mapping[str, str] = dict(
    [(w, "critical") for w in ("p1", "1", "sev1", "disaster", "page", "emergency", "emerg", "fatal", "alert", "crit")]
    + [(w, "error") for w in ("p2", "2", "sev2", "high", "err", "major")]
    + [(w, "warning") for w in ("p3", "3", "sev3", "average", "warn", "minor", "medium")]
    + [(w, "info") for w in ("p4", "4", "sev4", "p5", "5", "sev5", "low", "notice", "informational", "information",
                             "ok", "debug", "none")]
)  # fmt: skip
"""What senders call the four grades, lower-case. A word standing in a table itself is taken from there first."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How bad a record is; priority 1 is worst."""

    impact: Impact
    urgency: Urgency

    @property
    def priority(self) -> int:
        """What the shipped matrix makes of both."""
        return PRIORITIES[self.impact][self.urgency]


UNKNOWN = Grade(Impact.GROUP, Urgency.NORMAL)
"""The grade of a severity nobody has heard of."""


def grade_of(source: str, severity: str, service: str, intake: Mapping[str, Intake]) -> Grade:
    """The source's own table, else the generic one; in each the word itself, then what it is a synonym of.

    `service` does not weigh in: no table of the settings is per service.
    """
    _ = service
    word = severity[:64].strip().casefold()
    for table in (intake[slug].severity for slug in (source, "generic") if slug in intake):
        folded = {name.strip().casefold(): grade for name, grade in table.items()}
        if found := folded.get(word) or folded.get(SYNONYMS.get(word, "")):
            return Grade(found.impact, found.urgency)
    return UNKNOWN
