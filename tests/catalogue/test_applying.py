"""Routing assigns a record to a group.

Beyond the desk the record becomes assigned, and the clock of the tier starts.
"""

import pytest

from gateway.catalogue.applying import apply
from gateway.catalogue.routing import RoutingDecision
from gateway.directory.roles import GroupTier
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Revision
from gateway.vocabulary import State, Tier
from tests.incidents.test_lifecycle import LATER, an_incident


def opened(handler: str = "") -> Revision:
    return Revision(after=an_incident(handler=handler), actor="gateway", events=(("opened", {}),))


def test_routing_to_desk_keeps_state_and_clock() -> None:
    before = opened(handler="dora")
    routed = RoutingDecision("desk", GroupTier.DESK, "", "everything", "")
    revision = apply(before, routed, LATER)
    assert (revision.after.assignee_group, revision.after.handler) == ("desk", "dora")
    assert (revision.after.state, revision.after.tier) == (State.LOGGED, Tier.DESK)
    assert revision.after.ledger == before.after.ledger
    said = {"group": "desk", "tier": Tier.DESK, "rule": "everything", "state": State.LOGGED}
    assert revision.events == (("opened", {}), ("routed", said))


@pytest.mark.parametrize(
    ("group", "tier"), [(GroupTier.TIER2, Tier.SECOND), (GroupTier.TIER3, Tier.THIRD)]
)
def test_routing_beyond_desk_assigns_and_starts_tier_clock(group: GroupTier, tier: Tier) -> None:
    routed = RoutingDecision("dba", group, "bob", "databases", "on shift")
    after = apply(opened(), routed, LATER).after
    assert (after.state, after.tier, after.assignee, after.handler) == (
        State.ASSIGNED,
        tier,
        "bob",
        "bob",
    )
    assert after.ledger[-1] == LedgerEntry(LATER, ClockEvent.ASSIGN, tier)
