"""Settings of the process: SLA promises, escalation, and custom fields."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from gateway.settings.section import Section
from gateway.timing.durations import Duration, WorkingTime


class CalendarSettings(Section, frozen=True):
    """Working hours on the wall clock of `zone`, "HH:MM-HH:MM" per weekday.

    `holidays` is a country, such as CN or DE-BY. `open` and `closed` are dates that are working
    days, or not, whatever the country and the weekday say.
    """

    zone: str
    hours: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[str, ...]]
    holidays: str = ""
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()


class PolicySettings(Section, frozen=True):
    """An SLA policy: targets per priority and clock; `warn_at` are shares of a target."""

    calendar: str
    warn_at: tuple[float, ...]
    auto_close_after: WorkingTime
    targets: dict[
        int, dict[Literal["response", "desk", "tier2", "escalated", "overall"], WorkingTime]
    ]


KINDS: tuple[str, ...] = ("incident", "service_request")


class PolicyRule(Section, frozen=True):
    """A rule that selects a policy: the first one whose conditions a record meets is used."""

    policy: str
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    services: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()


class ServicePromiseSettings(Section, frozen=True):
    """The SLA promise of a service for its own incidents.

    It is another policy, and targets that win over those of any policy.
    """

    policy: str = ""
    targets: dict[
        int, dict[Literal["response", "desk", "tier2", "escalated", "overall"], WorkingTime]
    ] = {}


class SlaSettings(Section, frozen=True):
    """The SLA policies and calendars by name, and the default policy."""

    default: str
    policies: dict[str, PolicySettings]
    calendars: dict[str, CalendarSettings] = {}
    use: tuple[PolicyRule, ...] = ()
    services: dict[str, ServicePromiseSettings] = {}


class ManagementRule(Section, frozen=True):
    """A rule of management escalation: the roles to notify, by priority and cause.

    With `after` they are notified of records that are unresolved for so long after they were
    recorded; `repeat` notifies them again and again, `until` somebody has acknowledged the
    record or it is resolved. Without `policies` or `kinds` it is for all.
    """

    priorities: tuple[int, ...]
    notify: tuple[str, ...]
    on: tuple[Literal["opened", "warning", "breach"], ...] = ()
    policies: tuple[str, ...] = ()
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    after: Duration | None = None
    repeat: Duration | None = None
    until: Literal["acknowledged", "resolved"] = "resolved"


class EscalationSettings(Section, frozen=True):
    """Management escalation: its rules, and how long an acknowledgement stops the ladder.

    An acknowledgement of somebody who was notified counts for `acknowledgement_lasts`; 0s is for
    good. `declared` are roles that are notified of every incident that is declared major, beside
    the incident manager.
    """

    acknowledgement_lasts: Duration
    declared: tuple[str, ...] = ()
    management: tuple[ManagementRule, ...] = ()


class Major(Section, frozen=True):
    """Major incidents: who notifies the leader of a declaration, and which incidents owe a report.

    With `report_on_cleared` a P1 or P2 that cleared before anybody accepted it owes one too,
    even if it was not declared major.
    """

    leader_told_by: Literal["manager", "gateway"]
    report_on_cleared: bool


class ShelvingSettings(Section, frozen=True):
    """Shelving of records: the longest time, that of a P1, and clocks whose breach is told still.

    The clocks are those of docs/sla.md, such as "overall".
    """

    longest: Duration
    longest_p1: Duration
    breaches: tuple[Literal["response", "desk", "tier2", "escalated", "overall"], ...] = ()


class Problems(Section, frozen=True):
    """Problem candidates: `times` incidents of one service, item and category `within` a window."""

    within: Duration
    times: int


class CustomField(Section, frozen=True):
    """A custom field of records; `incidents/custom_fields.py` defines the words allowed in it."""

    name: str
    type: str
    labels: Mapping[str, str]
    kinds: tuple[str, ...] = KINDS
    choices: tuple[str, ...] = ()
    required_on: tuple[str, ...] = ()
