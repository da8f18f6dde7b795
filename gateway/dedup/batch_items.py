"""The items of a batch, and what deciding makes of each: a verdict, a record, a count. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.correlated_alerts import LinkReason
from gateway.incidents.alert import Alert
from gateway.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class BatchItem:
    """An alert of a submission, with its key hash, on its way through the batch."""

    integration_id: int
    source: str
    alert: Alert
    key_hash: bytes


@dataclass(slots=True, eq=False)
class ItemVerdict:
    """The outcome of an item; the incident has a number once the batch has opened its records."""

    item: BatchItem
    outcome: Outcome
    reason: str
    holder: IncidentRef | None


@dataclass(slots=True, eq=False)
class RecordDraft:
    """A record that this batch opens."""

    holder: IncidentRef
    item: BatchItem
    reason: str
    follows: IncidentRef | None = None
    link_reason: LinkReason | None = None
    proposed: list[tuple[IncidentRef, LinkReason]] = field(default_factory=list)


@dataclass(slots=True)
class DetachedCount:
    """The count of occurrences that stays with a record when a newer one takes over its key."""

    incident_id: int
    occurrences: int
    last_seen: datetime | None
