"""The incident as an immutable value, and the revision that changes it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from gateway.incidents.announcement import Announcement
from gateway.incidents.ledger import Ledger
from gateway.settings.recipients import RecipientAddress, parse_recipient
from gateway.vocabulary import (
    Closure,
    HoldReason,
    Impact,
    Kind,
    Resolution,
    State,
    Tier,
    TimerKind,
    Urgency,
)

LEAST_URGENT_MAJOR_PRIORITY = 2
"""The least urgent priority at which an incident is major."""

NUMBER = re.compile(r"INC-[0-9]{8}-[0-9]{6,}", re.ASCII)
"""The form of an incident's number."""

UNRANKED = 5
"""The urgency of messages without a priority."""

OUTBOX_NAMESPACE = UUID("b1f0a7de-5d5e-4b6c-9c0c-0a6d6f1f5c11")
"""The namespace of outbox ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A record, with the columns of the table of the same name (db/migrations/0001_core.sql)."""

    id: int
    number: str
    title: str
    source: str
    priority: int
    impact: Impact
    urgency: Urgency
    occurred_at: datetime
    recorded_at: datetime
    updated_at: datetime
    policy: str
    ledger: Ledger
    version: int
    timeline_hash: bytes
    kind: str = "incident"
    state: State = State.LOGGED
    description: str = ""
    severity: str = ""
    service: str = ""
    ci: str = ""
    integration_id: int | None = None
    key_hash: bytes | None = None
    dedup_key: str | None = None
    category: str = ""
    request_category: str | None = None
    contact_name: str = ""
    contact: str = ""
    location: str = ""
    reporting_unit: str = ""
    responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: Resolution | None = None
    resolution_category: str = ""
    solution: str = ""
    closure: Closure | None = None
    satisfaction: int | None = None
    owner: str = ""
    assignee_group: str = ""
    assignee: str = ""
    handler: str = ""
    tier: Tier = Tier.DESK
    third_party: str = ""
    hold_reason: HoldReason | None = None
    hold_until: datetime | None = None
    held_state: State | None = None
    master_id: int | None = None
    follows_id: int | None = None
    link_reason: str | None = None
    link_score: float | None = None
    major: bool = False
    security: bool = False
    suppressed: bool = False
    storm: bool = False
    reopened: int = 0
    returned: int = 0
    occurrences: int = 0
    last_seen: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Mapping[str, str], ...] = ()
    refs: Mapping[str, Any] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    next_due_at: datetime | None = None
    breached: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    symptom: str = ""
    scope: str = ""
    language: str = ""
    satisfaction_text: str = ""
    called_back_at: datetime | None = None
    called_back_by: str = ""
    claimed_impact: Impact | None = None
    claimed_urgency: Urgency | None = None
    recorded_by: str = ""

    @property
    def is_major(self) -> bool:
        """True for a major incident: of priority 1 or 2, or declared; never a service request."""
        return self.kind == Kind.INCIDENT and (
            self.major or self.priority <= LEAST_URGENT_MAJOR_PRIORITY
        )


@dataclass(frozen=True, slots=True)
class TimerChange:
    """A change of a timer of the incident: set to `due_at`, or disarmed with None."""

    kind: TimerKind
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to one recipient ("smtp:a@b" or "webhook:https://…") for one `cause`.

    The same incident, cause and target always make the same outbox id, so a repeated message is
    sent once.
    """

    cause: str
    target: str
    role: str
    template: str
    facts: Mapping[str, Any]

    def id(self, incident_id: int | None) -> UUID:
        """Return the outbox id, which is also the idempotency id of every attempt.

        `incident_id` is None for a message that concerns no record.
        """
        return uuid5(OUTBOX_NAMESPACE, f"{incident_id}\x1f{self.cause}\x1f{self.to}")

    @property
    def to(self) -> RecipientAddress:
        """The channel and the address in it, as the outbox stores them."""
        return parse_recipient(self.target)

    @property
    def urgency(self) -> int:
        """The priority in the message, or UNRANKED if it has none."""
        priority = self.facts.get("priority")
        return priority if priority in (1, 2, 3, 4) else UNRANKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The changes of one decision to one incident, written in one transaction by `writing.write`.

    `before` is the incident as the transaction found it, None for one that is opened. `after`
    still has the version and timeline hash it was read with; writing appends `events` (slug,
    facts) to its timeline and advances both. A revision without events is not a change and
    writes nothing but its timers. `marks_only` promises that nothing but marks, breach flag and
    next threshold differ from what was read, which is the case for nearly every firing of a
    timer and is much cheaper to write. `notices` are messages whose address is known; the
    recipients of `announcements` are looked up when the revision is written.
    """

    after: Incident
    actor: str
    events: tuple[tuple[str, Mapping[str, Any]], ...]
    timers: tuple[TimerChange, ...] = ()
    notices: tuple[Notice, ...] = ()
    marks_only: bool = False
    before: Incident | None = None
    announcements: tuple[Announcement, ...] = ()
