"""Which changes everybody hears of who heard of the incident."""

from dataclasses import replace

import pytest

from gateway.incidents.announcements.endings import AnnouncedChange, announced_change_of
from gateway.vocabulary import State
from tests.sla.stories import an_incident, ledger_of

OPEN = an_incident(ledger_of([(0, "record", 1)]))


@pytest.mark.parametrize(
    ("was", "now", "turn"),
    [
        (State.LOGGED, State.ASSIGNED, None),
        (State.IN_PROGRESS, State.RESOLVED, AnnouncedChange.RESOLVED),
        (State.LOGGED, State.REJECTED, AnnouncedChange.CLOSED),
        (State.RESOLVED, State.CLOSED, AnnouncedChange.CLOSED),
        (State.RESOLVED, State.IN_PROGRESS, AnnouncedChange.REOPENED),
        (State.RESOLVED, State.RESOLVED, None),
    ],
)
def test_resolution_closure_and_reopening_are_turns(
    was: State, now: State, turn: AnnouncedChange | None
) -> None:
    assert announced_change_of(replace(OPEN, state=was), replace(OPEN, state=now)) is turn


def test_opening_is_not_turn() -> None:
    assert announced_change_of(None, OPEN) is None
