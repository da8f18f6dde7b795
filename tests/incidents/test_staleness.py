"""An action is refused where the record is another than the one that was seen."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.incidents.staleness import (
    StaleAction,
    Staleness,
    StaleReason,
    find_staleness,
)
from gateway.incidents.timeline import PastEvent
from gateway.vocabulary import State
from tests.incidents.test_lifecycle import LATER, an_incident

TAKEN = an_incident(State.IN_PROGRESS, handler="bob")


def later(event: str, actor: str = "gateway", **facts: Any) -> PastEvent:
    return PastEvent(LATER, actor, event, facts)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (later("reopened"), StaleReason.REOPENED),
        (later("raised"), StaleReason.RAISED),
        (later("declared_major"), StaleReason.RAISED),
        (
            later("changed", changes=[{"field": "priority", "old": 3, "new": 1}]),
            StaleReason.RAISED,
        ),
        (later("changed", changes=[{"field": "priority", "old": 1, "new": 3}]), None),
        (later("changed", changes=[{"field": "title", "old": "a", "new": "b"}]), None),
        (later("note"), None),
        (later("accepted", person="bob"), StaleReason.TAKEN),
    ],
)
def test_events_that_make_it_another_record(event: PastEvent, reason: StaleReason | None) -> None:
    found = find_staleness(TAKEN, [event], "ann")
    assert (None if found is None else found.reason) == reason


def test_own_actions_and_records_given_back_are_not_stale() -> None:
    assert find_staleness(TAKEN, [later("raised", "ann")], "ann") is None
    assert find_staleness(TAKEN, [later("accepted", person="bob")], "bob") is None
    free = replace(TAKEN, handler="")
    assert find_staleness(free, [later("accepted", person="bob")], "ann") is None


def test_weightiest_change_is_named_with_who_and_when() -> None:
    events = [later("accepted", "admin", person="bob"), later("raised"), later("reopened", "una")]
    found = find_staleness(TAKEN, events, "ann")
    assert found == Staleness(StaleReason.REOPENED, "una", LATER)
    assert "reopened" in StaleAction("INC-1", found).detail
    taken = find_staleness(TAKEN, events[:1], "ann")
    assert taken == Staleness(StaleReason.TAKEN, "bob", LATER)
