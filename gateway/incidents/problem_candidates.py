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


class Reason(StrEnum):
    """The reason why an incident is proposed."""

    CAUSE_UNKNOWN = "cause_unknown"
    RECURRING = "recurring"
    MAJOR = "major"
    WORKAROUND = "workaround"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Seen:
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


class Sort(NamedTuple):
    """The key that groups incidents; a tuple, since it is hashed for each of thousands."""

    service: str
    ci: str
    category: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed problem: incidents of one group in the order given, and their reasons in order."""

    sort: Sort
    reasons: tuple[Reason, ...]
    incidents: tuple[Seen, ...]


def propose(incidents: Sequence[Seen], often: int) -> list[Candidate]:
    """Return the candidates among the incidents of one window, the largest first.

    A group with `often` incidents is recurring. Incidents without service, item and category are
    not grouped: each stands for itself. Of a recurring group all incidents are listed, of any
    other only those that have a reason.
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
    """Return the group of an incident, regardless of upper and lower case."""
    return Sort(incident.service.casefold(), incident.ci.casefold(), incident.category.casefold())


def reasons_of(incident: Seen, *, recurring: bool) -> tuple[Reason, ...]:
    """Return the reasons to propose an incident; `recurring` if its group has many."""
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
    """Return whether the incident vanished, or was solved without a category of resolution.

    The cause of an incident that is not resolved yet does not count as unknown.
    """
    if incident.resolution is Resolution.VANISHED:
        return True
    return incident.resolution is Resolution.SOLVED and not incident.resolution_category


def _candidate(sort: Sort, group: list[tuple[Seen, tuple[Reason, ...]]]) -> Candidate:
    reasons = [reason for reason in Reason if any(reason in given for _, given in group)]
    return Candidate(sort, tuple(reasons), tuple([one for one, _ in group]))
