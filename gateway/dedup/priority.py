"""How bad a sender's severity is: (source, severity) -> (impact, urgency, priority), by the settings' tables. Pure."""

from collections.abc import Mapping
from functools import lru_cache

from gateway.incidents.model import PRIORITIES, Impact, Urgency
from gateway.settings import Grade, Intake

SYNONYMS: Mapping[str, str] = dict(
    [(w, "critical") for w in ("p1", "1", "sev1", "disaster", "page", "emergency", "emerg", "fatal", "alert", "crit")]
    + [(w, "error") for w in ("p2", "2", "sev2", "high", "err", "major")]
    + [(w, "warning") for w in ("p3", "3", "sev3", "average", "warn", "minor", "medium")]
    + [(w, "info") for w in ("p4", "4", "sev4", "p5", "5", "sev5", "low", "notice", "informational", "information",
                             "ok", "debug", "none")]
)  # fmt: skip
"""What senders call the four grades, lower-case. A word standing in a table itself is taken from there first."""

UNKNOWN = (Impact.GROUP, Urgency.NORMAL)
"""The grade of a severity nobody has heard of: worth looking at within the hour, waking no one."""


class Grading:
    """The tables of one configuration, read once; lookups are cached per word."""

    def __init__(self, intake: Mapping[str, Intake]) -> None:
        self._tables = {slug: _folded(source.severity) for slug, source in intake.items()}
        self._generic = self._tables.get("generic", {})
        self._find = lru_cache(maxsize=4096)(self._look_up)

    def grade(self, source: str, severity: str) -> tuple[Impact, Urgency, int]:
        """The impact, urgency and priority (1 is worst) of a severity as this source means it."""
        return self._find(source, severity[:64].strip().casefold())

    def _look_up(self, source: str, word: str) -> tuple[Impact, Urgency, int]:
        for table in (self._tables.get(source, {}), self._generic):
            for name in (word, SYNONYMS.get(word, word)):
                if found := table.get(name):
                    return found.impact, found.urgency, PRIORITIES[found.impact][found.urgency]
        impact, urgency = UNKNOWN
        return impact, urgency, PRIORITIES[impact][urgency]


def _folded(table: Mapping[str, Grade]) -> dict[str, Grade]:
    return {word.strip().casefold(): grade for word, grade in table.items()}
