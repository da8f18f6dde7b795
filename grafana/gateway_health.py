"""The dashboard of the gateway's own health."""

from typing import Any

from grafana.panels import AMBER, GREEN, RED, dashboard, panel, steps

BAD = steps((None, GREEN), (1, RED))


def gateway_health() -> dict[str, Any]:
    """Whether the gateway itself keeps its promises."""
    return dashboard(
        "gateway-health",
        "Gateway health",
        [
            [
                panel(
                    "stat",
                    "Replicas",
                    4,
                    {"up": "count(gateway_build_info)"},
                    instant=True,
                    height=5,
                ),
                panel(
                    "stat",
                    "Overdue timers",
                    4,
                    {"overdue": "max(gateway_timers_overdue)"},
                    instant=True,
                    thresholds=BAD,
                    height=5,
                ),
                panel(
                    "stat",
                    "Timer index",
                    4,
                    {"{{instance}}": "min(gateway_timer_index_up)"},
                    instant=True,
                    height=5,
                    thresholds=steps((None, RED), (1, GREEN)),
                    about="0: Redis is away and the timers run from PostgreSQL",
                ),
                panel(
                    "stat",
                    "Shards owned",
                    4,
                    {"of 64": "sum(gateway_shards_owned)"},
                    instant=True,
                    height=5,
                    thresholds=steps((None, RED), (64, GREEN)),
                ),
                panel(
                    "stat",
                    "Oldest notification",
                    4,
                    {"age": "max(gateway_outbox_oldest_age_seconds)"},
                    unit="s",
                    instant=True,
                    height=5,
                    thresholds=steps((None, GREEN), (60, AMBER), (300, RED)),
                ),
                panel(
                    "stat",
                    "Audit seal age",
                    4,
                    {"age": "max(gateway_audit_head_age_seconds)"},
                    unit="s",
                    instant=True,
                    height=5,
                    thresholds=steps((None, GREEN), (300, RED)),
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Intake: receive to commit",
                    12,
                    {
                        "p50": "gateway:intake_commit_seconds:p50",
                        "p99": "gateway:intake_commit_seconds:p99",
                    },
                    unit="s",
                ),
                panel(
                    "timeseries",
                    "Timer lateness",
                    12,
                    {"p99 {{kind}}": "gateway:timer_lateness_seconds:p99"},
                    unit="s",
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Requests by outcome",
                    8,
                    {"{{outcome}}": "sum by (outcome) (rate(gateway_intake_requests_total[5m]))"},
                    unit="reqps",
                ),
                panel(
                    "timeseries",
                    "Queue",
                    8,
                    {
                        "items {{instance}}": "gateway_intake_queue_items",
                        "bytes {{instance}}": "gateway_intake_queue_bytes",
                    },
                ),
                panel(
                    "timeseries",
                    "Batch size p90",
                    8,
                    {
                        "p90": (
                            "histogram_quantile(0.9, sum by (le) "
                            "(rate(gateway_intake_batch_items_bucket[5m])))"
                        )
                    },
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Quarantined items",
                    8,
                    {
                        "{{source}} {{reason}}": (
                            "sum by (source, reason) "
                            "(rate(gateway_intake_rejected_items_total[5m]))"
                        ),
                        "{{source}} waiting": "max by (source) (gateway_quarantine_pending)",
                    },
                ),
                panel(
                    "timeseries",
                    "Refused for overload",
                    8,
                    {
                        "{{instance}}": "rate(gateway_intake_overload_refusals_total[5m])",
                        "{{instance}} bodies, {{callers}}": (
                            "rate(gateway_bodies_refused_total[5m])"
                        ),
                        "{{instance}} quota, {{quota}}": "rate(gateway_quota_refusals_total[5m])",
                    },
                    unit="reqps",
                ),
                panel(
                    "timeseries",
                    "Unsettled notifications",
                    8,
                    {"{{channel}} {{state}}": "max by (channel, state) (gateway_outbox_depth)"},
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Timers",
                    8,
                    {
                        "armed": "max(gateway_timers_armed)",
                        "in wheels": "sum(gateway_wheel_timers)",
                        "due and waiting": "sum(gateway_timers_waiting)",
                        "missed by the wheel": "sum(rate(gateway_timers_missed_total[5m]))",
                        "fired {{kind}}": "sum by (kind) (rate(gateway_timers_fired_total[5m]))",
                    },
                ),
                panel(
                    "timeseries",
                    "Index rebuilds and open circuits",
                    8,
                    {
                        "rebuilds": "sum(rate(gateway_timer_index_rebuilds_total[5m]))",
                        "circuits": "sum(gateway_notify_circuits_open)",
                    },
                ),
                panel(
                    "timeseries",
                    "Sending p99",
                    8,
                    {"{{channel}}": "gateway:notify_send_seconds:p99"},
                    unit="s",
                ),
            ],
            [
                panel(
                    "timeseries",
                    "API p99 by route",
                    8,
                    {
                        "{{route}}": (
                            "histogram_quantile(0.99, sum by (le, route) "
                            "(rate(gateway_http_request_seconds_bucket[5m])))"
                        )
                    },
                    unit="s",
                ),
                panel(
                    "timeseries",
                    "Database connections",
                    8,
                    {
                        "in use {{instance}}": "gateway_db_pool_in_use",
                        "open {{instance}}": "gateway_db_pool_size",
                    },
                ),
                panel(
                    "timeseries",
                    "Loop lag and refresh",
                    8,
                    {
                        "lag p99 {{instance}}": "histogram_quantile(0.99, "
                        "sum by (le, instance) (rate(gateway_loop_lag_seconds_bucket[5m])))",
                        "refresh {{instance}}": "gateway_telemetry_refresh_seconds",
                    },
                    unit="s",
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Monitors by state",
                    8,
                    {"{{state}}": "max by (state) (gateway_monitors)"},
                ),
                panel(
                    "timeseries",
                    "Pings per second",
                    8,
                    {"{{said}}": "sum by (said) (rate(gateway_monitor_pings_total[5m]))"},
                ),
            ],
            [
                panel(
                    "timeseries",
                    "SMTP sessions",
                    8,
                    {"{{instance}}": "gateway_mail_sessions"},
                ),
                panel(
                    "timeseries",
                    "Mailboxes that could not be read",
                    8,
                    {
                        "{{mailbox}}": (
                            "sum by (mailbox) "
                            "(increase(gateway_mailbox_failures_total[5m])) or vector(0)"
                        )
                    },
                ),
                panel(
                    "timeseries",
                    "Connections to chats that failed",
                    8,
                    {
                        "{{chat}}": (
                            "sum by (chat) "
                            "(increase(gateway_chat_connection_failures_total[5m])) or vector(0)"
                        )
                    },
                ),
            ],
            [
                panel(
                    "timeseries",
                    "Time since periodic jobs succeeded",
                    24,
                    {
                        "{{periodic}}": (
                            "time() - max by (periodic) "
                            "(gateway_periodic_success_timestamp_seconds)"
                        )
                    },
                    unit="s",
                ),
            ],
        ],
    )
