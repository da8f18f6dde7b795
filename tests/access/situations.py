"""Records in every state and tier that the permission table distinguishes."""

from dataclasses import replace

from gateway.access.principal import MachineRole, Principal, PrincipalRole
from gateway.directory.roles import Role
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident
from gateway.vocabulary import Impact, State, Tier, Urgency
from tests.support.clock import NOON

PARTS: tuple[PrincipalRole, ...] = (*Role, *MachineRole)

RECORD = Incident(
    id=1,
    number="INC-20260302-000001",
    title="x",
    source="web",
    priority=3,
    impact=Impact.GROUP,
    urgency=Urgency.NORMAL,
    occurred_at=NOON,
    recorded_at=NOON,
    updated_at=NOON,
    policy="p",
    ledger=(LedgerEntry(NOON, ClockEvent.RECORD, priority=3),),
    version=1,
    timeline_hash=b"",
    owner="desk",
)

SITUATIONS = {
    "desk": replace(RECORD, state=State.LOGGED, tier=Tier.DESK),
    "second": replace(RECORD, state=State.IN_PROGRESS, tier=Tier.SECOND),
    "third": replace(RECORD, state=State.ESCALATED, tier=Tier.THIRD),
    "vendor": replace(RECORD, state=State.ESCALATED, tier=Tier.VENDOR),
    "resolved": replace(RECORD, state=State.RESOLVED, tier=Tier.SECOND),
    "closed": replace(RECORD, state=State.CLOSED, tier=Tier.SECOND),
}


def who(
    *parts: PrincipalRole, name: str = "ann", groups: frozenset[str] = frozenset()
) -> Principal:
    return Principal(
        name=name,
        parts=frozenset(parts),
        groups=groups,
        identities=frozenset({"ann", "ann@example.com"}),
    )
