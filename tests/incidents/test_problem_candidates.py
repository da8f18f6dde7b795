"""Problem candidates are proposed by rules, each with its reasons."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.incidents.problem_candidates import CandidateIncident, ProblemReason, propose_problems
from gateway.vocabulary import Resolution

PLAIN = CandidateIncident(
    id=1,
    number="INC-20260101-000001",
    service="",
    ci="",
    category="",
    major=False,
    priority=3,
    resolution=None,
    resolution_category="",
)
EXPLAINED: dict[str, Any] = {"resolution": Resolution.SOLVED, "resolution_category": "disk"}


def some(count: int, **fields: Any) -> list[CandidateIncident]:
    return [replace(PLAIN, id=n, **fields) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({}, ()),
        (EXPLAINED, ()),
        ({"resolution": Resolution.CANCELLED}, ()),
        ({"resolution": Resolution.SOLVED}, (ProblemReason.CAUSE_UNKNOWN,)),
        (EXPLAINED | {"resolution": Resolution.VANISHED}, (ProblemReason.CAUSE_UNKNOWN,)),
        ({"resolution": Resolution.WORKAROUND}, (ProblemReason.WORKAROUND,)),
        ({"major": True} | EXPLAINED, (ProblemReason.MAJOR,)),
        ({"category": "Disk Capacity"}, (ProblemReason.CAPACITY,)),
        (
            {"category": "存储容量", "resolution": Resolution.VANISHED},
            (ProblemReason.CAUSE_UNKNOWN, ProblemReason.CAPACITY),
        ),
        ({"category": "capacity"} | EXPLAINED, ()),
    ],
)
def test_incident_is_proposed_as_problem_for_its_reasons(
    fields: dict[str, Any], reasons: tuple[ProblemReason, ...]
) -> None:
    assert [one.reasons for one in propose_problems(some(1, **fields), 3)] == (
        [reasons] if reasons else []
    )


@pytest.mark.parametrize(("count", "proposed"), [(2, []), (3, [3]), (4, [4])])
def test_three_similar_incidents_are_proposed_as_problem(count: int, proposed: list[int]) -> None:
    assert [
        len(one.incidents) for one in propose_problems(some(count, service="mail", **EXPLAINED), 3)
    ] == proposed


def test_similar_incidents_are_grouped_case_insensitively() -> None:
    [candidate] = propose_problems([*some(2, service="Mail"), *some(1, service="mail")], 3)
    assert (candidate.reasons, len(candidate.incidents)) == ((ProblemReason.RECURRING,), 3)


def test_incidents_without_service_ci_or_category_do_not_recur() -> None:
    assert propose_problems(some(5), 3) == []
    assert [len(one.incidents) for one in propose_problems(some(3, major=True), 3)] == [1, 1, 1]
