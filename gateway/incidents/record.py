"""The incident as an immutable value, and the revision that changes it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from gateway.incidents import escalation_run
from gateway.incidents.announcement import Announcement
from gateway.incidents.escalation_run import EscalationRun
from gateway.incidents.field_traits import StoredAs, Trait
from gateway.incidents.ledger import Ledger, from_json, to_json
from gateway.settings.recipients import RecipientAddress, parse_recipient
from gateway.vocabulary import (
    Closure,
    HoldReason,
    Impact,
    Kind,
    RequestCategory,
    Resolution,
    ShelvingEvent,
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

ACTOR = "gateway"
"""The actor of changes that the gateway makes by itself."""


def _read_request_category(text: str) -> str | None:
    """Return the category, or the text itself if a newer release added it.

    During an upgrade, both releases serve.
    """
    try:
        return RequestCategory(text) if text else None
    except ValueError:
        return text


def _or_empty(value: str | None) -> str:
    return value or ""


EMPTY_CATEGORY = StoredAs(_read_request_category, _or_empty)
EMPTY_IMPACT = StoredAs(lambda text: Impact(text) if text else None, _or_empty)
EMPTY_URGENCY = StoredAs(lambda text: Urgency(text) if text else None, _or_empty)
"""The conversions of fields whose column has an empty text for None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFields:
    """The fields of a record that people may state when they report it, each with a default.

    A record that follows on from another takes them over.
    """

    description: Annotated[str, Trait.OPENED, Trait.DESCRIBING] = ""
    service: Annotated[str, Trait.OPENED, Trait.CLASSIFYING, Trait.IN_MESSAGES] = ""
    ci: Annotated[str, Trait.OPENED, Trait.CLASSIFYING, Trait.IN_MESSAGES] = ""
    category: Annotated[str, Trait.OPENED, Trait.CLASSIFYING] = ""
    contact_name: Annotated[str, Trait.OPENED, Trait.DESCRIBING] = ""
    contact: Annotated[str, Trait.OPENED, Trait.DESCRIBING] = ""
    location: Annotated[str, Trait.OPENED, Trait.DESCRIBING] = ""
    reporting_unit: Annotated[str, Trait.OPENED, Trait.DESCRIBING] = ""
    symptom: Annotated[str, Trait.CLASSIFYING] = ""
    scope: Annotated[str, Trait.CLASSIFYING] = ""
    language: Annotated[str, Trait.DESCRIBING] = ""
    security: Annotated[bool, Trait.OPENED, Trait.EDITED] = False
    labels: Annotated[Mapping[str, str], Trait.OPENED, Trait.DESCRIBING] = field(
        default_factory=dict
    )
    fields: Annotated[Mapping[str, Any], Trait.CLASSIFYING] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(ReportedFields):
    """A record, with the columns of the table of the same name (db/migrations/0001_core.sql)."""

    id: Annotated[int, Trait.OPENED, Trait.KEPT]
    number: Annotated[str, Trait.OPENED, Trait.KEPT, Trait.IN_MESSAGES]
    title: Annotated[str, Trait.OPENED, Trait.DESCRIBING, Trait.IN_MESSAGES]
    source: Annotated[str, Trait.OPENED, Trait.EDITED]
    priority: Annotated[int, Trait.OPENED, Trait.EDITED, Trait.IN_MESSAGES]
    impact: Annotated[Impact, Trait.OPENED, Trait.CLASSIFYING]
    urgency: Annotated[Urgency, Trait.OPENED, Trait.CLASSIFYING]
    occurred_at: Annotated[datetime, Trait.OPENED]
    policy: Annotated[str, Trait.OPENED]
    kind: Annotated[str, Trait.OPENED, Trait.IN_MESSAGES] = "incident"
    request_category: Annotated[str | None, Trait.OPENED, EMPTY_CATEGORY] = None
    severity: Annotated[str, Trait.OPENED, Trait.IN_MESSAGES] = ""
    integration_id: Annotated[int | None, Trait.OPENED, Trait.KEPT] = None
    key_hash: Annotated[bytes | None, Trait.OPENED] = None
    dedup_key: Annotated[str | None, Trait.OPENED, Trait.KEPT] = None
    links: Annotated[tuple[Mapping[str, str], ...], Trait.OPENED] = ()
    storm: Annotated[bool, Trait.OPENED, Trait.KEPT] = False
    owner: Annotated[str, Trait.OPENED, Trait.OWNERSHIP] = ""
    recorded_by: Annotated[str, Trait.KEPT] = ""
    claimed_impact: Annotated[Impact | None, Trait.KEPT, EMPTY_IMPACT] = None
    claimed_urgency: Annotated[Urgency | None, Trait.KEPT, EMPTY_URGENCY] = None
    master_id: Annotated[int | None, Trait.OPENED] = None
    follows_id: Annotated[int | None, Trait.OPENED, Trait.KEPT] = None
    link_reason: Annotated[str | None, Trait.OPENED] = None
    link_score: Annotated[float | None, Trait.OPENED] = None
    next_due_at: Annotated[datetime | None, Trait.OPENED, Trait.TIMED] = None
    recorded_at: Annotated[datetime, Trait.OPENED, Trait.KEPT]
    updated_at: Annotated[datetime, Trait.OPENED, Trait.TIMED]
    ledger: Annotated[Ledger, Trait.OPENED, StoredAs(from_json, to_json)]
    version: Annotated[int, Trait.OPENED, Trait.TIMED]
    timeline_hash: Annotated[bytes, Trait.OPENED, Trait.TIMED]
    state: Annotated[State, Trait.OPENED, Trait.IN_MESSAGES] = State.LOGGED
    responded_at: Annotated[datetime | None, Trait.OPENED] = None
    resolved_at: Annotated[datetime | None, Trait.OPENED] = None
    closed_at: datetime | None = None
    resolution: Annotated[Resolution | None, Trait.OPENED] = None
    resolution_category: Annotated[str, Trait.SOLVING] = ""
    solution: Annotated[str, Trait.SOLVING] = ""
    closure: Closure | None = None
    satisfaction: int | None = None
    satisfaction_text: str = ""
    called_back_at: datetime | None = None
    called_back_by: str = ""
    assignee_group: Annotated[str, Trait.OPENED, Trait.OWNERSHIP, Trait.IN_MESSAGES] = ""
    assignee: Annotated[str, Trait.OPENED, Trait.OWNERSHIP, Trait.IN_MESSAGES] = ""
    handler: Annotated[str, Trait.OPENED, Trait.IN_MESSAGES] = ""
    tier: Annotated[Tier, Trait.OPENED] = Tier.DESK
    third_party: Annotated[str, Trait.EDITED] = ""
    hold_reason: HoldReason | None = None
    hold_until: datetime | None = None
    held_state: State | None = None
    shelved_until: datetime | None = None
    shelved_by: str = ""
    shelved_event: ShelvingEvent | None = None
    shelved_reason: str = ""
    shelved_tells_reporter: bool = False
    major: Annotated[bool, Trait.OPENED] = False
    suppressed: bool = False
    reopened: Annotated[int, Trait.OPENED] = 0
    returned: int = 0
    occurrences: Annotated[int, Trait.COUNTED] = 0
    last_seen: Annotated[datetime | None, Trait.COUNTED] = None
    refs: Mapping[str, Any] = field(default_factory=dict)
    marks: Annotated[tuple[str, ...], Trait.TIMED] = ()
    breached: Annotated[bool, Trait.TIMED] = False
    escalation: Annotated[
        EscalationRun | None,
        Trait.TIMED,
        StoredAs(escalation_run.from_json, escalation_run.to_json),
    ] = None

    @property
    def is_major(self) -> bool:
        """True for a major incident: of priority 1 or 2, or declared; never a service request."""
        return self.kind == Kind.INCIDENT and (
            self.major or self.priority <= LEAST_URGENT_MAJOR_PRIORITY
        )

    @property
    def is_shelved(self) -> bool:
        """True while the gateway holds its own messages about the record (docs/process.md)."""
        return self.shelved_until is not None


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
