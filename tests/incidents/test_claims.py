"""The grade of a reporter's incident, and the more urgent one that the reporter claims."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.claims import (
    GRADED,
    awaits_grading,
    claimed_priority,
    lower_grade,
    mark_claim_reviewed,
)
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident
from gateway.vocabulary import PRIORITIES, Impact, State, Urgency
from tests.support.clock import NOON

RECORD = Incident(
    id=1,
    number="INC-20260302-000001",
    title="x",
    source="web",
    priority=3,
    impact=Impact.COMPANY,
    urgency=Urgency.LOW,
    occurred_at=NOON,
    recorded_at=NOON,
    updated_at=NOON,
    policy="p",
    ledger=(LedgerEntry(NOON, ClockEvent.RECORD, priority=3),),
    version=1,
    timeline_hash=b"",
    claimed_impact=Impact.BUSINESS,
    claimed_urgency=Urgency.URGENT,
)


def matrix(impact: Impact, urgency: Urgency) -> int:
    return PRIORITIES[impact][urgency]


@pytest.mark.parametrize(
    ("claim", "grade"),
    [
        ((Impact.BUSINESS, Urgency.URGENT), (Impact.COMPANY, Urgency.LOW)),
        ((Impact.GROUP, Urgency.URGENT), (Impact.GROUP, Urgency.NORMAL)),
        ((Impact.INDIVIDUAL, Urgency.URGENT), (Impact.INDIVIDUAL, Urgency.HIGH)),
        ((Impact.INDIVIDUAL, Urgency.LOW), (Impact.INDIVIDUAL, Urgency.LOW)),
    ],
)
def test_urgency_is_lowered_before_impact(
    claim: tuple[Impact, Urgency], grade: tuple[Impact, Urgency]
) -> None:
    assert lower_grade(*claim, 3, matrix) == grade


@given(st.sampled_from(Impact), st.sampled_from(Urgency), st.integers(1, 4))
def test_lowered_grade_never_exceeds_limit_or_claim(
    impact: Impact, urgency: Urgency, at_most: int
) -> None:
    grade = lower_grade(impact, urgency, at_most, matrix)
    assert matrix(*grade) >= max(at_most, matrix(impact, urgency))
    assert list(Impact).index(grade[0]) >= list(Impact).index(impact)
    if matrix(impact, urgency) >= at_most:
        assert grade == (impact, urgency)


def test_mildest_grade_is_used_when_every_grade_exceeds_limit() -> None:
    assert lower_grade(Impact.BUSINESS, Urgency.HIGH, 3, lambda _impact, _urgency: 2) == (
        Impact.INDIVIDUAL,
        Urgency.LOW,
    )


@pytest.mark.parametrize(
    ("more", "waits"),
    [
        ({}, True),
        ({"claimed_impact": None}, False),
        ({"claimed_urgency": None}, False),
        ({"priority": 1}, False),
        ({"claimed_impact": Impact.GROUP, "claimed_urgency": Urgency.NORMAL, "priority": 4}, False),
        ({"state": State.RESOLVED}, False),
        ({"marks": (GRADED,)}, False),
    ],
)
def test_urgent_claim_awaits_grading_until_graded(more: dict[str, Any], waits: bool) -> None:
    assert awaits_grading(replace(RECORD, **more)) is waits


def test_graded_claim_is_kept_and_no_longer_awaits_grading() -> None:
    judged = mark_claim_reviewed(RECORD)
    assert (claimed_priority(judged), awaits_grading(judged)) == (1, False)
