"""Application of a routing decision to a new record. Pure."""

from dataclasses import replace
from datetime import datetime

from gateway.catalogue.routing import RoutingDecision
from gateway.directory.roles import GroupTier
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Revision
from gateway.vocabulary import State, Tier

TIERS = {GroupTier.DESK: Tier.DESK, GroupTier.TIER2: Tier.SECOND, GroupTier.TIER3: Tier.THIRD}


def apply(revision: Revision, routed: RoutingDecision, now: datetime) -> Revision:
    """Return the revision with the record given to the group that it is routed to.

    Beyond the service desk it is also assigned, and the desk's SLA clock stops.
    """
    tier = TIERS[routed.tier]
    after = replace(
        revision.after,
        assignee_group=routed.group,
        assignee=routed.person,
        handler=routed.person or revision.after.handler,
    )
    if tier is not Tier.DESK:
        given = LedgerEntry(now, ClockEvent.ASSIGN, tier)
        after = replace(after, state=State.ASSIGNED, tier=tier, ledger=(*after.ledger, given))
    facts = {
        "group": routed.group,
        "person": routed.person,
        "tier": tier,
        "rule": routed.rule,
        "reason": routed.reason,
    }
    said = {name: value for name, value in facts.items() if value} | {"state": after.state}
    return replace(revision, after=after, events=(*revision.events, ("routed", said)))
