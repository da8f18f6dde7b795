"""The rows of the board about what became of incidents: counted, in time, and how fast."""

from grafana.panels import Panel, panel


def added(metric: str, by: str = "") -> str:
    """Return the query for what all replicas together counted in the last hour."""
    return f"sum{by and f' by ({by}) '}(increase({metric}[1h]))"


def share_met(prefix: str, by: str) -> str:
    """Return the query for the share of the clocks decided in the last day that were met."""
    met = f"sum by ({by}) (increase({prefix}_met_total[1d]))"
    return f"{met} / ({met} + sum by ({by}) (increase({prefix}_breached_total[1d])))"


def quantile(share: float, histogram: str, by: str = "le") -> str:
    """Return the query for the time within which that share of the last day's observations lies."""
    return f"histogram_quantile({share}, sum by ({by}) (increase({histogram}_bucket[1d])))"


def outcomes() -> list[list[Panel]]:
    """Return the rows about what became of incidents: of all, then by service group."""
    whole, group = "gateway_incident", "gateway_service_group_incident"
    happenings = ("opened", "resolved", "closed", "reopened")
    return [
        [
            panel(
                "timeseries",
                "Opened and resolved per hour",
                8,
                {word: added(f"{whole}s_{word}_total") for word in happenings},
            ),
            panel(
                "timeseries",
                "Targets met in the last day, by clock",
                8,
                {"{{clock}}": share_met("gateway_sla", "clock")},
                unit="percentunit",
            ),
            panel(
                "timeseries",
                "Response and resolution times of the last day",
                8,
                {
                    f"{word} p{round(share * 100)}": quantile(share, f"{whole}_{word}_seconds")
                    for word in ("response", "resolution")
                    for share in (0.5, 0.9)
                },
                unit="s",
                about="By the wall clock, nights and holds included",
            ),
        ],
        [
            panel(
                "timeseries",
                "Opened and resolved per hour, by service group",
                8,
                {
                    "{{group}} " + word: added(f"{group}s_{word}_total", "group")
                    for word in happenings
                },
                about="The group that owns the service; security incidents are restricted",
            ),
            panel(
                "timeseries",
                "Targets met in the last day, by service group",
                8,
                {"{{group}}": share_met("gateway_service_group_sla", "group")},
                unit="percentunit",
            ),
            panel(
                "timeseries",
                "90 % of times of the last day, by service group",
                8,
                {
                    "{{group}} " + word: quantile(0.9, f"{group}_{word}_seconds", "le, group")
                    for word in ("response", "resolution")
                },
                unit="s",
            ),
        ],
    ]
