"""Which incidents ask for a problem record, and why (docs/process.md). Pure: values in, candidates out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.incidents.model import Resolution
from gateway.incidents.record import Incident

CAPACITY = ("capacity", "容量")
"""Words in a category that speak of a threshold of capacity."""


class Reason(StrEnum):
    """Why an incident is proposed."""

    CAUSE_UNKNOWN = "cause_unknown"
    RECURRING = "recurring"
    MAJOR = "major"
    WORKAROUND = "workaround"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Sort:
    """What makes incidents of one sort."""

    service: str
    ci: str
    category: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed problem: incidents of one sort in the order given, and every reason any of them gives, in order."""

    sort: Sort
    reasons: tuple[Reason, ...]
    incidents: tuple[Incident, ...]


def propose(incidents: Sequence[Incident], often: int) -> list[Candidate]:
    """The candidates among the incidents of one window, the one with the most incidents first; `often` of a sort are a pattern.

    Incidents that say neither service, item nor category are of no sort: each stands for itself. Of a recurring sort all
    incidents are named, of any other only those that give a reason.
    """
    counts = Counter(sort_of(one) for one in incidents)
    groups: dict[tuple[Sort, int], list[Incident]] = {}
    for one in incidents:
        if reasons_of(one, often=counts[sort_of(one)] >= often):
            sort = sort_of(one)
            groups.setdefault((sort, one.id if sort == NO_SORT else 0), []).append(one)
    candidates = [_candidate(sort, group, often=counts[sort] >= often) for (sort, _), group in groups.items()]
    return sorted(candidates, key=lambda candidate: -len(candidate.incidents))


NO_SORT = Sort("", "", "")


def sort_of(incident: Incident) -> Sort:
    """The sort of an incident; upper and lower case are one."""
    return Sort(incident.service.casefold(), incident.ci.casefold(), incident.category.casefold())


def reasons_of(incident: Incident, *, often: bool) -> frozenset[Reason]:
    """Why this one is proposed; `often` when there are many of its sort in the window."""
    unknown = _cause_unknown(incident)
    capacity = any(word in incident.category.casefold() for word in CAPACITY)
    given = {
        Reason.CAUSE_UNKNOWN: unknown,
        Reason.RECURRING: often and sort_of(incident) != NO_SORT,
        Reason.MAJOR: incident.major or incident.priority <= 2,
        Reason.WORKAROUND: incident.resolution is Resolution.WORKAROUND,
        Reason.CAPACITY: capacity and (unknown or incident.resolution is None),
    }
    return frozenset(reason for reason, holds in given.items() if holds)


def _cause_unknown(incident: Incident) -> bool:
    """Gone by itself, or solved and nobody said what it was; what is not resolved yet is not known to be unknown."""
    if incident.resolution is Resolution.VANISHED:
        return True
    return incident.resolution is Resolution.SOLVED and not incident.resolution_category


def _candidate(sort: Sort, group: list[Incident], *, often: bool) -> Candidate:
    reasons = frozenset[Reason]().union(*(reasons_of(one, often=often) for one in group))
    return Candidate(sort, tuple(reason for reason in Reason if reason in reasons), tuple(group))
