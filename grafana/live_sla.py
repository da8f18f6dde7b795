"""The dashboard of what is open and late."""

from typing import Any

from grafana.outcomes import outcomes
from grafana.panels import AMBER, GREEN, RED, dashboard, panel, steps

COUNTED = steps((None, GREEN), (1, AMBER), (5, RED))
BAD = steps((None, GREEN), (1, RED))
MAJOR = 'gateway_incidents_open{kind="incident",priority=~"1|2"}'
URGENT = steps((None, RED), (0, AMBER), (300, GREEN))


def live_sla() -> dict[str, Any]:
    """Return the board of what is open and late, and of what became of incidents.

    Every replica says the same of what is open, so the largest counts
    once; what happened each counts itself.
    """
    return dashboard(
        "gateway-live-sla",
        "Live SLA",
        [
            [
                panel(
                    "stat",
                    "Open incidents",
                    4,
                    {"open": "sum(max by (kind, priority, state, tier) (gateway_incidents_open))"},
                    instant=True,
                    height=5,
                ),
                panel(
                    "stat",
                    "Open P1 and P2",
                    4,
                    {"major": f"sum(max by (priority, state, tier) ({MAJOR}))"},
                    instant=True,
                    thresholds=COUNTED,
                    height=5,
                ),
                panel(
                    "stat",
                    "Over the overall target",
                    4,
                    {
                        "late": (
                            "sum(max by (kind, priority) "
                            '(gateway_incidents_breached{clock="overall"}))'
                        )
                    },
                    instant=True,
                    thresholds=BAD,
                    height=5,
                ),
                panel(
                    "stat",
                    "On hold",
                    4,
                    {
                        "on hold": (
                            "sum(max by (kind, priority, tier) "
                            '(gateway_incidents_open{state="on_hold"}))'
                        )
                    },
                    instant=True,
                    height=5,
                ),
                panel(
                    "gauge",
                    "Within every target",
                    4,
                    {"share": "gateway:incidents_within_targets:ratio"},
                    unit="percentunit",
                    instant=True,
                    thresholds=steps((None, RED), (0.95, AMBER), (0.98, GREEN)),
                    height=5,
                    about="Goal: 98 % of open incidents",
                ),
                panel(
                    "stat",
                    "Nearest due",
                    4,
                    {
                        "left": (
                            "min(max by (number, kind, clock, priority) "
                            "(gateway_incident_sla_remaining_seconds))"
                        )
                    },
                    unit="s",
                    instant=True,
                    thresholds=URGENT,
                    height=5,
                ),
            ],
            [
                panel(
                    "table",
                    "Due next",
                    12,
                    {
                        "": (
                            "sort(max by (number, kind, clock, priority) "
                            "(gateway_incident_sla_remaining_seconds))"
                        )
                    },
                    unit="s",
                    instant=True,
                    thresholds=URGENT,
                    height=10,
                    about="Seconds left on the most pressing running clock; negative is late",
                ),
                panel(
                    "bargauge",
                    "Over a target, by clock",
                    12,
                    {
                        "{{clock}}": (
                            "sum by (clock) (max by (clock, kind, priority) "
                            "(gateway_incidents_breached))"
                        )
                    },
                    instant=True,
                    thresholds=BAD,
                    height=10,
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Open by priority",
                    12,
                    {
                        "P{{priority}}": (
                            "sum by (priority) (max by (kind, priority, state, tier) "
                            "(gateway_incidents_open))"
                        )
                    },
                ),
                panel(
                    "timeseries",
                    "Open by state",
                    12,
                    {
                        "{{state}}": (
                            "sum by (state) (max by (kind, priority, state, tier) "
                            "(gateway_incidents_open))"
                        )
                    },
                ),
            ],
            *outcomes(),
            [
                panel(
                    "timeseries",
                    "What became of received items",
                    12,
                    {"{{outcome}}": "sum by (outcome) (rate(gateway_intake_items_total[5m]))"},
                    unit="ops",
                ),
                panel(
                    "timeseries",
                    "People told",
                    12,
                    {
                        "{{channel}} {{outcome}}": (
                            "sum by (channel, outcome) (rate(gateway_notify_sends_total[5m]))"
                        )
                    },
                    unit="ops",
                ),
            ],
        ],
    )
