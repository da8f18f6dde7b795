"""A record that continues a finished one is assigned to the people of that one."""

import pytest

from gateway.incidents.follow_on import PredecessorRecord, continue_record
from gateway.incidents.ledger import ClockEvent
from gateway.incidents.record import Revision
from gateway.vocabulary import State, Tier
from tests.incidents.test_lifecycle import LATER, an_incident

OPENED = Revision(after=an_incident(), actor="ann", events=(("opened", {}),))


@pytest.mark.parametrize(
    ("handler", "tier"),
    [("", Tier.SECOND), ("dora", Tier.DESK)],
)
def test_follow_on_of_desk_incident_returns_to_desk(handler: str, tier: Tier) -> None:
    made = continue_record(OPENED, PredecessorRecord(7, handler, "", "", tier), LATER)
    assert (made.after.follows_id, made.after.handler, made.after.state) == (
        7,
        handler,
        State.LOGGED,
    )
    assert made.events == OPENED.events


@pytest.mark.parametrize(
    ("assignee", "tier", "given"),
    [
        ("bob", Tier.SECOND, Tier.SECOND),
        ("bob", Tier.THIRD, Tier.THIRD),
        ("bob", Tier.VENDOR, Tier.THIRD),
        ("carol", Tier.VENDOR, Tier.SECOND),
        ("", Tier.VENDOR, Tier.SECOND),
    ],
)
def test_follow_on_is_assigned_to_previous_handler_and_assignee(
    assignee: str, tier: Tier, given: Tier
) -> None:
    made = continue_record(OPENED, PredecessorRecord(7, "carol", assignee, "mail", tier), LATER)
    assert (made.after.state, made.after.tier, made.after.handler) == (
        State.ASSIGNED,
        given,
        "carol",
    )
    assert (made.after.assignee, made.after.assignee_group) == (assignee or "carol", "mail")
    assert (made.after.ledger[-1].event, made.after.ledger[-1].tier) == (ClockEvent.ASSIGN, given)
    assert made.events[-1] == (
        "assigned",
        {"person": "carol", "group": "mail", "tier": given, "reason": "follow_on"},
    )
