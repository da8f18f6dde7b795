"""The incidents for which a problem record is proposed, with the reasons. Pure.

Values go in, candidates come out; see docs/process.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gateway.vocabulary import Resolution

CAPACITY = ("capacity", "容量")
"""The words in a category that mean a capacity threshold."""


class ProblemReason(StrEnum):
    """The reason why an incident is proposed."""

    CAUSE_UNKNOWN = "cause_unknown"
    RECURRING = "recurring"
    MAJOR = "major"
    WORKAROUND = "workaround"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class CandidateIncident:
    """The fields of an incident that a proposal is based on."""

    id: int
    number: str
    service: str
    ci: str
    category: str
    major: bool
    priority: int
    resolution: Resolution | None
    resolution_category: str


class IncidentGroupKey(NamedTuple):
    """The key that groups incidents; a tuple, since it is hashed for each of thousands."""

    service: str
    ci: str
    category: str


@dataclass(frozen=True, slots=True)
class ProblemCandidate:
    """A proposed problem: incidents of one group in the order given, and their reasons in order."""

    sort: IncidentGroupKey
    reasons: tuple[ProblemReason, ...]
    incidents: tuple[CandidateIncident, ...]


def propose_problems(incidents: Sequence[CandidateIncident], often: int) -> list[ProblemCandidate]:
    """Return the candidates among the incidents of one window, the largest first.

    A group with `often` incidents is recurring. Incidents without service, item and category are
    not grouped: each stands for itself. Of a recurring group all incidents are listed, of any
    other only those that have a reason.
    """
    sorts = [group_key_of(one) for one in incidents]
    counts = Counter(sorts)
    groups: dict[
        tuple[IncidentGroupKey, int], list[tuple[CandidateIncident, tuple[ProblemReason, ...]]]
    ] = {}
    for one, sort in zip(incidents, sorts, strict=True):
        if reasons := reasons_of(one, recurring=sort != NO_SORT and counts[sort] >= often):
            groups.setdefault((sort, one.id if sort == NO_SORT else 0), []).append((one, reasons))
    candidates = [_candidate(sort, group) for (sort, _), group in groups.items()]
    return sorted(candidates, key=lambda candidate: -len(candidate.incidents))


NO_SORT = IncidentGroupKey("", "", "")


def group_key_of(incident: CandidateIncident) -> IncidentGroupKey:
    """Return the group of an incident, regardless of upper and lower case."""
    return IncidentGroupKey(
        incident.service.casefold(), incident.ci.casefold(), incident.category.casefold()
    )


def reasons_of(incident: CandidateIncident, *, recurring: bool) -> tuple[ProblemReason, ...]:
    """Return the reasons to propose an incident; `recurring` if its group has many."""
    unknown = _cause_unknown(incident)
    category = incident.category.casefold()
    capacity = any(word in category for word in CAPACITY)
    given = (
        (ProblemReason.CAUSE_UNKNOWN, unknown),
        (ProblemReason.RECURRING, recurring),
        (ProblemReason.MAJOR, incident.major or incident.priority <= 2),
        (ProblemReason.WORKAROUND, incident.resolution is Resolution.WORKAROUND),
        (ProblemReason.CAPACITY, capacity and (unknown or incident.resolution is None)),
    )
    return tuple([reason for reason, holds in given if holds])


def _cause_unknown(incident: CandidateIncident) -> bool:
    """Return whether the incident vanished, or was solved without a category of resolution.

    The cause of an incident that is not resolved yet does not count as unknown.
    """
    if incident.resolution is Resolution.VANISHED:
        return True
    return incident.resolution is Resolution.SOLVED and not incident.resolution_category


def _candidate(
    sort: IncidentGroupKey, group: list[tuple[CandidateIncident, tuple[ProblemReason, ...]]]
) -> ProblemCandidate:
    reasons = [reason for reason in ProblemReason if any(reason in given for _, given in group)]
    return ProblemCandidate(sort, tuple(reasons), tuple([one for one, _ in group]))
