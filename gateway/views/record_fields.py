"""The fields of a record as the APIs take and show them: to create it, to change it, to read it.

Every field of a request is bounded, every unknown one refused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.sla.clocks import ClockState
from gateway.untrusted.bounds import Moment, Name, Priority, Request, Slug, Text, Title
from gateway.vocabulary import (
    Channel,
    HoldReason,
    Impact,
    Kind,
    LinkKind,
    ReportStatus,
    RequestCategory,
    ShelvingEvent,
    Urgency,
)

Labels = Annotated[dict[Name, Annotated[str, Meta(max_length=4_096)]], Meta(max_length=100)]
Language = Annotated[str, Meta(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4})?\Z")]
CustomValues = Annotated[
    dict[
        Annotated[str, Meta(max_length=40)],
        Annotated[str, Meta(max_length=4_096)] | bool | int | float | None,
    ],
    Meta(max_length=100),
]


class NewIncident(Request, kw_only=True):
    """A record to create; its priority follows from impact and urgency."""

    title: Title
    kind: Kind = Kind.INCIDENT
    request_category: RequestCategory | None = None
    description: Text = ""
    source: Slug = "web"
    impact: Impact = Impact.INDIVIDUAL
    urgency: Urgency = Urgency.NORMAL
    service: Name = ""
    ci: Name = ""
    category: Name = ""
    contact_name: Name = ""
    contact: Name = ""
    location: Name = ""
    reporting_unit: Name = ""
    symptom: Name = ""
    scope: Name = ""
    language: Language = ""
    fields: CustomValues = msgspec.field(default_factory=dict)
    occurred_at: Moment | None = None
    security: bool = False
    labels: Labels = msgspec.field(default_factory=dict)
    late_reason: Text = ""


class Patch(Request, kw_only=True):
    """Fields of a record to change; those left out stay as they are.

    In `fields`, null removes a value. `note` gives the reason.
    """

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    impact: Impact | UnsetType = UNSET
    urgency: Urgency | UnsetType = UNSET
    category: Name | UnsetType = UNSET
    service: Name | UnsetType = UNSET
    ci: Name | UnsetType = UNSET
    contact_name: Name | UnsetType = UNSET
    contact: Name | UnsetType = UNSET
    location: Name | UnsetType = UNSET
    reporting_unit: Name | UnsetType = UNSET
    symptom: Name | UnsetType = UNSET
    scope: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    owner: Name | UnsetType = UNSET
    assignee_group: Name | UnsetType = UNSET
    assignee: Name | UnsetType = UNSET
    source: Slug | UnsetType = UNSET
    third_party: Name | UnsetType = UNSET
    solution: Text | UnsetType = UNSET
    resolution_category: Name | UnsetType = UNSET
    security: bool | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    fields: CustomValues | UnsetType = UNSET
    note: Text = ""


class ClockSegmentView(msgspec.Struct, rename={"since": "from"}):
    """A stretch of a clock, running or paused; `to` is null while it lasts."""

    since: datetime
    to: datetime | None
    running: bool
    reason: str


class ClockView(msgspec.Struct):
    """One clock at one instant, in seconds.

    `basis` is the instant from which its target counts: its beginning, or a later raise in
    priority.
    """

    name: str
    target_s: float | None
    elapsed_s: float
    remaining_s: float | None
    basis: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    state: ClockState
    segments: list[ClockSegmentView]


class VendorStayView(msgspec.Struct, rename={"since": "from"}):
    """Time with one vendor, in seconds; `to` is null while it lasts.

    Holds other than for the vendor are left out.
    """

    vendor: str
    since: datetime
    to: datetime | None
    elapsed_s: float


class SlaView(msgspec.Struct):
    """The SLA clocks of a record, and how they stand.

    `worst` is the unfinished clock with the least time left, `next` the same among those not
    past their target yet. `holidays_unpublished` are years its clocks may reach into whose
    public holidays are not all known yet: a due time there may still move.
    """

    policy: str
    worst: str | None
    next: str | None
    next_due_at: datetime | None
    breached: bool
    holidays_unpublished: list[int]
    clocks: list[ClockView]
    vendors: list[VendorStayView]


class HoldView(msgspec.Struct):
    """The reason why a record is on hold, and the vendor if it waits for one."""

    reason: HoldReason
    until: datetime | None
    vendor: str | None


class ShelvedView(msgspec.Struct):
    """The shelving of a record: by whom, until when or until which event, and why."""

    by: str
    until: datetime
    event: ShelvingEvent | None
    reason: str


class LinkedRecordView(msgspec.Struct):
    """A record of any system that the record led to, such as a problem or a change."""

    kind: LinkKind
    system: str
    reference: str
    address: str
    title: str


class IncidentView(msgspec.Struct):
    """A record as the API shows it; callers without the right `inspect` see less, such as no `sla`.

    `planned_resolution_at` is the time by which the record is to be resolved, on hold as if work
    continued at once; `held_s` is its time on hold. `claimed_impact` and `claimed_urgency` are
    the reporter's claims beyond its grade, to be judged by `grading_due_at`. `problem`, `change`
    and `service_request` are its counterparts of that type: from `refs`, by their `type` or by
    the name of the system, else from `linked`.
    """

    number: str
    kind: str
    state: str
    priority: int
    impact: str
    urgency: str
    title: str
    description: str
    severity: str
    source: str
    channel: Channel
    service: str
    ci: str
    category: str
    symptom: str
    scope: str
    request_category: str | None
    dedup_key: str | None
    occurrences: int
    first_seen: datetime
    last_seen: datetime
    occurred_at: datetime
    recorded_at: datetime
    updated_at: datetime
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    planned_resolution_at: datetime | None
    resolved_late: bool | None
    held_s: float | None
    resolution: str | None
    resolution_category: str
    solution: str
    closure: str | None
    satisfaction: int | None
    satisfaction_text: str
    called_back_at: datetime | None
    called_back_by: str
    assignee_group: str
    assignee: str
    owner: str
    handler: str
    tier: str
    third_party: str
    contact_name: str
    contact: str
    location: str
    reporting_unit: str
    language: str
    recorded_by: str
    claimed_impact: str | None
    claimed_urgency: str | None
    grading_due_at: datetime | None
    hold: HoldView | None
    shelved: ShelvedView | None
    master: str | None
    follows: str | None
    link_reason: str | None
    link_score: float | None
    related_count: int
    major: bool
    report: ReportStatus | None
    security: bool
    suppressed: bool
    storm: bool
    reopened: int
    returned: int
    fields: Mapping[str, Any]
    labels: Mapping[str, str]
    links: Sequence[Mapping[str, str]]
    refs: Mapping[str, Any]
    linked: Sequence[LinkedRecordView]
    complaints: int
    problem: Any
    change: Any
    service_request: Any
    sla: SlaView | None
    version: int
