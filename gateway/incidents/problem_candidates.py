"""Which incidents ask for a problem record, and why (docs/process.md). Pure: values in, candidates out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gateway.vocabulary import Resolution

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
class Seen:
    """What of an incident its proposal rests on."""

    id: int
    number: str
    service: str
    ci: str
    category: str
    major: bool
    priority: int
    resolution: Resolution | None
    resolution_category: str


class Sort(NamedTuple):
    """What makes incidents of one sort; a tuple, since it is hashed for each of thousands."""

    service: str
    ci: str
    category: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed problem: incidents of one sort in the order given, and every reason any of them gives, in order."""

    sort: Sort
    reasons: tuple[Reason, ...]
    incidents: tuple[Seen, ...]


def propose(incidents: Sequence[Seen], often: int) -> list[Candidate]:
    """The candidates among the incidents of one window, the one with the most incidents first; `often` of a sort are a pattern.

    Incidents that say neither service, item nor category are of no sort: each stands for itself. Of a recurring sort all
    incidents are named, of any other only those that give a reason.
    """
    sorts = [sort_of(one) for one in incidents]
    counts = Counter(sorts)
    groups: dict[tuple[Sort, int], list[tuple[Seen, tuple[Reason, ...]]]] = {}
    for one, sort in zip(incidents, sorts, strict=True):
        if reasons := reasons_of(one, recurring=sort != NO_SORT and counts[sort] >= often):
            groups.setdefault((sort, one.id if sort == NO_SORT else 0), []).append((one, reasons))
    candidates = [_candidate(sort, group) for (sort, _), group in groups.items()]
    return sorted(candidates, key=lambda candidate: -len(candidate.incidents))


NO_SORT = Sort("", "", "")


def sort_of(incident: Seen) -> Sort:
    """The sort of an incident; upper and lower case are one."""
    return Sort(incident.service.casefold(), incident.ci.casefold(), incident.category.casefold())


def reasons_of(incident: Seen, *, recurring: bool) -> tuple[Reason, ...]:
    """Why this one is proposed; `recurring` when there are many of its sort in the window."""
    unknown = _cause_unknown(incident)
    category = incident.category.casefold()
    capacity = any(word in category for word in CAPACITY)
    given = (
        (Reason.CAUSE_UNKNOWN, unknown),
        (Reason.RECURRING, recurring),
        (Reason.MAJOR, incident.major or incident.priority <= 2),
        (Reason.WORKAROUND, incident.resolution is Resolution.WORKAROUND),
        (Reason.CAPACITY, capacity and (unknown or incident.resolution is None)),
    )
    return tuple([reason for reason, holds in given if holds])


def _cause_unknown(incident: Seen) -> bool:
    """Gone by itself, or solved and nobody said what it was; what is not resolved yet is not known to be unknown."""
    if incident.resolution is Resolution.VANISHED:
        return True
    return incident.resolution is Resolution.SOLVED and not incident.resolution_category


def _candidate(sort: Sort, group: list[tuple[Seen, tuple[Reason, ...]]]) -> Candidate:
    reasons = [reason for reason in Reason if any(reason in given for _, given in group)]
    return Candidate(sort, tuple(reasons), tuple([one for one, _ in group]))
