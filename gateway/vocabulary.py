"""Enumerations of the domain: kinds, states, priorities, channels, outcomes and timers of incidents. Pure."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a record is: an interruption, or something asked for (PROCESS 1)."""

    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class RequestCategory(StrEnum):
    """What a service request asks for."""

    INFORMATION = "information"
    HARDWARE_SOFTWARE = "hardware_software"
    ACCESS = "access"
    STANDARD_CHANGE = "standard_change"

    @classmethod
    def _missing_(cls, value: object) -> "RequestCategory | None":
        """Return the present kind of one by which earlier releases kept requests."""
        return cls.INFORMATION if value == "advice" else None


class State(StrEnum):
    """Where a record stands (docs/process.md, states)."""

    LOGGED = "logged"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"


LIVE = frozenset({State.LOGGED, State.ASSIGNED, State.IN_PROGRESS, State.ON_HOLD, State.ESCALATED})
"""States in which work is still owed: a dedup key has at most one incident in one of these."""


class Impact(StrEnum):
    """Who is hurt."""

    BUSINESS = "business"
    COMPANY = "company"
    GROUP = "group"
    INDIVIDUAL = "individual"


class Urgency(StrEnum):
    """How soon it must end."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


PRIORITIES: Mapping[Impact, Mapping[Urgency, int]] = {
    impact: dict(zip(Urgency, row, strict=True))
    for impact, row in zip(Impact, ((1, 1, 1, 2), (1, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 4)), strict=True)
}
"""The shipped impact x urgency matrix."""


class Resolution(StrEnum):
    """How a record was resolved."""

    SOLVED = "solved"
    WORKAROUND = "workaround"
    VANISHED = "vanished"
    CANCELLED = "cancelled"


class Closure(StrEnum):
    """Who closed a record."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class HoldReason(StrEnum):
    """Why work cannot go on."""

    AWAITING_USER = "awaiting_user"
    USER_UNREACHABLE = "user_unreachable"
    AWAITING_VENDOR = "awaiting_vendor"
    FORCE_MAJEURE = "force_majeure"


class Tier(StrEnum):
    """Who is working: the desk, second line, third line or a vendor."""

    DESK = "1"
    SECOND = "2"
    THIRD = "3"
    VENDOR = "vendor"


class LeaderOutcome(StrEnum):
    """What came of telling the leader of a major incident."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"


class ReportStatus(StrEnum):
    """How the report on a major incident that is over stands."""

    DUE = "due"
    WRITTEN = "written"
    APPROVED = "approved"


class FieldType(StrEnum):
    """What may stand in a field that the configuration adds to records."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    BOOLEAN = "boolean"


class LinkKind(StrEnum):
    """What a record of any system is to the incident that led to it."""

    PROBLEM = "problem"
    CHANGE = "change"
    SERVICE_REQUEST = "service_request"
    SPARE_PART = "spare_part"
    KNOWLEDGE = "knowledge"


class ArticleState(StrEnum):
    """How far an article of the knowledge base is."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Criticality(StrEnum):
    """How much hangs on a service; what follows from it for priorities is configured (`criticality`)."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Channel(StrEnum):
    """By which way a record came."""

    EMAIL = "email"
    PHONE = "phone"
    APP = "app"
    MONITORING = "monitoring"
    WEB = "web"
    WECHAT = "wechat"
    WALK_IN = "walk_in"
    FAX = "fax"
    CHAT = "chat"


CHATS = {"slack": Channel.CHAT, "feishu": Channel.CHAT, "dingtalk": Channel.CHAT, "wecom": Channel.WECHAT}
"""The channels of sources that are chats."""


def channel_of(source: str, dedup_key: str | None) -> Channel:
    """The way that a source stands for: its own name where that is one, else monitoring for alerts and app for other systems."""
    if source in CHATS:
        return CHATS[source]
    if source in set(Channel):
        return Channel(source)
    return Channel.APP if dedup_key is None else Channel.MONITORING


class AlertStatus(StrEnum):
    """What the sender says of its alert. The last three are acts of a person in the sender's tool.

    ACKNOWLEDGED: they took it on; UNACKNOWLEDGED: they took that back; COMMENTED: they only wrote a note.
    """

    FIRING = "firing"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    COMMENTED = "commented"


class Outcome(StrEnum):
    """What became of one received item; every item ends in exactly one of these."""

    OPENED = "opened"
    REPEATED = "repeated"
    RELATED = "related"
    FOLDED = "folded"
    REOPENED = "reopened"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    SUPPRESSED = "suppressed"
    STALE = "stale"
    IGNORED = "ignored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    ADDED = "added"
    SET_ASIDE = "set_aside"


class TimerKind(IntEnum):
    """What a timer row of an incident waits for; the number is part of the Redis member, so it never changes."""

    SLA = 1
    AUTO_CLOSE = 2
    HOLD_EXPIRY = 3
    ALERT_EXPIRY = 4
    FLAP_SETTLE = 5
    MAINTENANCE_END = 6
    LADDER = 7
    STATUS_UPDATE = 8
