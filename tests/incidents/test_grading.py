"""The most urgent priority that the senders of an incident have named."""

from datetime import timedelta

import pytest

from gateway.incidents.grading import with_priority, with_worst, worst_known
from gateway.incidents.ledger import ClockEvent
from tests.incidents.test_lifecycle import an_incident


def test_worst_reported_priority_defaults_to_incident_priority() -> None:
    assert worst_known(an_incident(priority=3)) == 3
    assert with_worst(("desk@50",), 3, 3) == ("desk@50",)


@pytest.mark.parametrize("before", [(), ("worst:3", "desk@50")])
def test_worst_reported_priority_is_kept_beside_manual_priority(before: tuple[str, ...]) -> None:
    marks = with_worst(before, 1, 4)
    assert marks[-1] == "worst:1"
    assert worst_known(an_incident(priority=4, marks=marks)) == 1
    assert len([mark for mark in marks if mark.startswith("worst:")]) == 1


def test_manual_priority_is_entered_in_ledger() -> None:
    before = an_incident(priority=2)
    entered = before.ledger[-1].at
    after = with_priority(before, 4, entered - timedelta(minutes=1))
    assert (after.priority, worst_known(after)) == (4, 2)
    assert [(one.event, one.priority, one.at) for one in after.ledger[len(before.ledger) :]] == [
        (ClockEvent.SET_PRIORITY, 4, entered)
    ]
