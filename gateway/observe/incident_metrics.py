"""Gauges of open incidents and service requests: counts, breaches and remaining time."""

from enum import StrEnum
from itertools import product

from prometheus_client import CollectorRegistry, Gauge

from gateway.vocabulary import LIVE, PRIORITIES, ClockName, Kind, Tier

CLOCKS = tuple(clock.value for clock in ClockName)
PRIORITY_LABELS = tuple(
    str(one) for one in sorted({one for row in PRIORITIES.values() for one in row.values()})
)
NEAREST = 50
"""The most incidents that the remaining-time gauge names on either side of their due time."""


class SilenceCause(StrEnum):
    """The causes of the view `silent_incident`, and a shelving that did not end."""

    UNTOLD = "untold"
    UNREACHABLE = "unreachable"
    SHELVED_PAST_END = "shelved_past_end"


class IncidentMetrics:
    """The gauges of open incidents; `gateway.app.gauges` sets them from the database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.open = Gauge(
            "gateway_incidents_open",
            "Open incidents and service requests",
            ("kind", "priority", "state", "tier"),
            registry=registry,
        )
        self.remaining = Gauge(
            "gateway_incident_sla_remaining_seconds",
            f"Seconds left on the clock that presses an incident most: the {NEAREST} nearest to a"
            f" due time, and {NEAREST} past every target; security incidents are never named",
            ("clock", "number", "kind", "priority"),
            registry=registry,
        )
        self.breached = Gauge(
            "gateway_incidents_breached",
            "Open incidents that went over a target, by clock",
            ("clock", "kind", "priority"),
            registry=registry,
        )
        self.within_targets = Gauge(
            "gateway_incidents_within_targets",
            "Open incidents that went over no target",
            ("kind", "priority"),
            registry=registry,
        )
        self.silent = Gauge(
            "gateway_silent_incidents",
            "Open incidents whose present urgency was told to nobody (untold) or reached nobody,"
            " or which are still shelved a minute past the end",
            ("cause",),
            registry=registry,
        )
        self.clear_open()
        self.clear_breached()
        self.clear_silent()

    def clear_open(self) -> None:
        """Set the counts of open incidents back to 0."""
        for kind, priority in product(Kind, PRIORITY_LABELS):
            self.within_targets.labels(kind.value, priority).set(0)
            for state, tier in product(LIVE, Tier):
                self.open.labels(kind.value, priority, state.value, tier.value).set(0)

    def clear_breached(self) -> None:
        """Set the counts of breached incidents back to 0."""
        for clock, kind, priority in product(CLOCKS, Kind, PRIORITY_LABELS):
            self.breached.labels(clock, kind.value, priority).set(0)

    def clear_silent(self) -> None:
        """Set the counts of silent incidents back to 0."""
        for cause in SilenceCause:
            self.silent.labels(cause.value).set(0)
