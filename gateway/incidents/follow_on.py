"""A new record that follows one that is over: the same handler gets it again. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Revision
from gateway.vocabulary import State, Tier


@dataclass(frozen=True, slots=True)
class PredecessorRecord:
    """The values of the old record that the new one takes over."""

    id: int
    handler: str
    assignee: str
    group: str
    tier: Tier


def continue_record(opened: Revision, before: PredecessorRecord, now: datetime) -> Revision:
    """Return the new record with the old one's handler.

    It stays at the desk if the handler worked there, else it is assigned at once.
    """
    after = replace(opened.after, follows_id=before.id, handler=before.handler)
    if not before.handler or before.tier is Tier.DESK:
        return replace(opened, after=after)
    tier = _tier(before)
    after = replace(
        after,
        state=State.ASSIGNED,
        tier=tier,
        assignee_group=before.group,
        assignee=before.assignee or before.handler,
        ledger=(*after.ledger, LedgerEntry(now, ClockEvent.ASSIGN, tier)),
    )
    facts = {"person": before.handler, "group": before.group, "tier": tier, "reason": "follow_on"}
    return replace(opened, after=after, events=(*opened.events, ("assigned", facts)))


def _tier(before: PredecessorRecord) -> Tier:
    """Return the tier of the handler.

    A vendor was brought in by tier 3, or by tier 2 if that is responsible itself.
    """
    if before.tier is not Tier.VENDOR:
        return before.tier
    return Tier.THIRD if before.assignee not in ("", before.handler) else Tier.SECOND
