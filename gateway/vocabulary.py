"""Enumerations of the domain: kinds, states, priorities, channels, outcomes, timers. Pure."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """The kind of a record: an interruption, or a request for something (PROCESS 1)."""

    INCIDENT = "incident"
    SERVICE_REQUEST = "service_request"


class RequestCategory(StrEnum):
    """The category of a service request."""

    INFORMATION = "information"
    HARDWARE_SOFTWARE = "hardware_software"
    ACCESS = "access"
    STANDARD_CHANGE = "standard_change"

    @classmethod
    def _missing_(cls, value: object) -> "RequestCategory | None":
        """Return the present category for one that earlier releases stored."""
        return cls.INFORMATION if value == "advice" else None


class State(StrEnum):
    """The state of a record (docs/process.md, states)."""

    LOGGED = "logged"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"


LIVE = frozenset({State.LOGGED, State.ASSIGNED, State.IN_PROGRESS, State.ON_HOLD, State.ESCALATED})
"""The states of an open record: a dedup key has at most one incident in one of these."""


class Impact(StrEnum):
    """The impact of a record: the part of the business or the people that it affects."""

    BUSINESS = "business"
    COMPANY = "company"
    GROUP = "group"
    INDIVIDUAL = "individual"


class Urgency(StrEnum):
    """The urgency of a record: how soon it must be resolved."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


PRIORITIES: Mapping[Impact, Mapping[Urgency, int]] = {
    impact: dict(zip(Urgency, row, strict=True))
    for impact, row in zip(
        Impact, ((1, 1, 1, 2), (1, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 4)), strict=True
    )
}
"""The default priority matrix of impact and urgency."""


class Resolution(StrEnum):
    """The way a record was resolved."""

    SOLVED = "solved"
    WORKAROUND = "workaround"
    VANISHED = "vanished"
    CANCELLED = "cancelled"


class Closure(StrEnum):
    """The way a record was closed: by a person or automatically."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class HoldReason(StrEnum):
    """The reason why a record is on hold."""

    AWAITING_USER = "awaiting_user"
    USER_UNREACHABLE = "user_unreachable"
    AWAITING_VENDOR = "awaiting_vendor"
    FORCE_MAJEURE = "force_majeure"


class ShelvingEvent(StrEnum):
    """The event at which a shelved record returns, if it comes before the end of the shelving."""

    PRIORITY_RAISED = "priority_raised"
    FIRED_AGAIN = "fired_again"
    REPLY = "reply"


class ShelvingEnd(StrEnum):
    """The reason why a shelved record returned."""

    TIME = "time"
    PERSON = "person"
    PRIORITY_RAISED = "priority_raised"
    DECLARED_MAJOR = "declared_major"
    FIRED_AGAIN = "fired_again"
    REPLY = "reply"


class Tier(StrEnum):
    """The support tier that works on a record: the desk, second line, third line or a vendor."""

    DESK = "1"
    SECOND = "2"
    THIRD = "3"
    VENDOR = "vendor"


class LeaderOutcome(StrEnum):
    """The outcome of notifying the leader of a major incident."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"


class ReportStatus(StrEnum):
    """The status of the report on a major incident that is over."""

    DUE = "due"
    WRITTEN = "written"
    APPROVED = "approved"


class FieldType(StrEnum):
    """The type of a field that the configuration adds to records."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    BOOLEAN = "boolean"


class LinkKind(StrEnum):
    """The kind of a record of any system that is linked to an incident."""

    PROBLEM = "problem"
    CHANGE = "change"
    SERVICE_REQUEST = "service_request"
    SPARE_PART = "spare_part"
    KNOWLEDGE = "knowledge"


class ArticleState(StrEnum):
    """The state of a knowledge base article."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class Criticality(StrEnum):
    """The importance of a service; its effect on priorities is configured (`criticality`)."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Channel(StrEnum):
    """The channel by which a record arrived."""

    EMAIL = "email"
    PHONE = "phone"
    APP = "app"
    MONITORING = "monitoring"
    WEB = "web"
    WECHAT = "wechat"
    WALK_IN = "walk_in"
    FAX = "fax"
    CHAT = "chat"


class AlertStatus(StrEnum):
    """The status that the sender gives its alert. The last three are acts of a person in its tool.

    ACKNOWLEDGED: somebody took it on; UNACKNOWLEDGED: somebody took that back; COMMENTED:
    somebody only wrote a note.
    """

    FIRING = "firing"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    COMMENTED = "commented"


class Outcome(StrEnum):
    """The outcome of a received item; every item has exactly one."""

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
    """The purpose of an incident's timer.

    The number is stored in the database and in the index: it never changes, and that of a kind
    that is gone is not given again. There is no 6, the end of a maintenance window:
    `dedup/promotion` looks for ended windows itself.
    """

    SLA = 1
    AUTO_CLOSE = 2
    HOLD_EXPIRY = 3
    ALERT_EXPIRY = 4
    FLAP_SETTLE = 5
    LADDER = 7
    STATUS_UPDATE = 8
    PAGING = 9
    SHELF_END = 10


class ClockName(StrEnum):
    """The five clocks of a record, in the order they are shown (docs/sla.md)."""

    RESPONSE = "response"
    DESK = "desk"
    TIER2 = "tier2"
    ESCALATED = "escalated"
    OVERALL = "overall"


class PingSignal(StrEnum):
    """The signal of a ping: success, start, failure, or only a note to keep."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


class MonitorState(StrEnum):
    """The state of a monitor: never pinged, well, overdue or failed, or paused."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    PAUSED = "paused"


class Quota(StrEnum):
    """The kinds of use that are limited."""

    REQUESTS = "requests"
    AT_ONCE = "at_once"
    BYTES = "bytes"
    FILES = "files"
    STRANGERS = "strangers"


class SkipReason(StrEnum):
    """A reason for skipping a silence: its pattern, the work, or the number of silences."""

    PATTERN = "pattern"
    WORK = "work"
    NUMBER = "number"


class SelfCheck(StrEnum):
    """A check of the gateway itself; the order is that of messages."""

    SERVING = "serving"
    DATABASE = "database"
    TIMERS = "timers"
    INTAKE = "intake"
    NOTIFIER = "notifier"
    TASKS = "tasks"
    OVERDUE_TIMERS = "overdue_timers"
    STUCK_OUTBOX = "stuck_outbox"
    SILENT_RECORDS = "silent_records"
    UNREACHABLE_PEOPLE = "unreachable_people"
