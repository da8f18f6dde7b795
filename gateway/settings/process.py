"""What is promised, who is told, and what a record holds: the sections of the process."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from gateway.durations import Duration, Promise
from gateway.settings.section import Section


class Calendar(Section, frozen=True):
    """Working hours on the wall clock of `zone`, "HH:MM-HH:MM" per weekday; `holidays` is a country, such as CN or DE-BY.

    `closed` and `open` are dates that are worked, or not, whatever the country and the weekday say.
    """

    zone: str
    hours: Mapping[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[str, ...]]
    holidays: str = ""
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()


class Policy(Section, frozen=True):
    """Targets per priority and clock; `warn_at` are shares of a target."""

    calendar: str
    warn_at: tuple[float, ...]
    auto_close_after: Promise
    targets: dict[int, dict[Literal["response", "desk", "tier2", "escalated", "overall"], Promise]]


KINDS: tuple[str, ...] = ("incident", "service_request")


class Use(Section, frozen=True):
    """Use `policy` for records that agree with all that is said; the first rule that agrees is taken."""

    policy: str
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    services: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()


class Promises(Section, frozen=True):
    """What a service promises of its own incidents: another policy, and targets that win over any policy's."""

    policy: str = ""
    targets: dict[int, dict[Literal["response", "desk", "tier2", "escalated", "overall"], Promise]] = {}


class Sla(Section, frozen=True):
    """Policies and calendars by name, and the policy used where nothing else says."""

    default: str
    policies: dict[str, Policy]
    calendars: dict[str, Calendar] = {}
    use: tuple[Use, ...] = ()
    services: dict[str, Promises] = {}


class Management(Section, frozen=True):
    """Who is told when: roles by priority and cause; with `after`, what is unresolved so long after it was recorded.

    `repeat` tells them again and again, `until` somebody has taken the record on or it is resolved. Without `policies` or
    `kinds` it is for all.
    """

    priorities: tuple[int, ...]
    notify: tuple[str, ...]
    on: tuple[Literal["opened", "warning", "breach"], ...] = ()
    policies: tuple[str, ...] = ()
    kinds: tuple[Literal["incident", "service_request"], ...] = ()
    after: Duration | None = None
    repeat: Duration | None = None
    until: Literal["acknowledged", "resolved"] = "resolved"


class Escalation(Section, frozen=True):
    """Management escalation: its rules, and how long the acknowledgement of somebody told stops the ladder; 0s is for good.

    `declared` are roles that hear of every incident that is declared major, beside the incident manager.
    """

    acknowledgement_lasts: Duration
    declared: tuple[str, ...] = ()
    management: tuple[Management, ...] = ()


class Major(Section, frozen=True):
    """Major incidents: who tells the leader that one was declared, and which owe a report.

    With `report_on_cleared` one owes it that cleared before anybody accepted it, undeclared too.
    """

    leader_told_by: Literal["manager", "gateway"]
    report_on_cleared: bool


class Problems(Section, frozen=True):
    """Problem candidates: `times` incidents of one sort `within` this are a pattern."""

    within: Duration
    times: int


class CustomField(Section, frozen=True):
    """A field that records have beside those they all have; `incidents/custom_fields.py` says what its words may be."""

    name: str
    type: str
    labels: Mapping[str, str]
    kinds: tuple[str, ...] = KINDS
    choices: tuple[str, ...] = ()
    required_on: tuple[str, ...] = ()
