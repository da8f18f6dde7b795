"""Every metric has a help text, starts at zero and cannot grow without bound."""

from prometheus_client import CollectorRegistry, generate_latest

from gateway.observe.metric_labels import Rejection, RequestOutcome, SendOutcome
from gateway.observe.metrics import Metrics
from gateway.vocabulary import (
    ClockName,
    Kind,
    MonitorState,
    Outcome,
    PingSignal,
    Quota,
    SkipReason,
    TimerKind,
)


def series(metrics: Metrics) -> int:
    return sum(len(family.samples) for family in metrics.registry.collect())


def test_every_metric_has_prefix_and_help_text() -> None:
    for family in Metrics(CollectorRegistry()).registry.collect():
        assert family.name.startswith("gateway_")
        assert len(family.documentation) > 10


def test_every_known_label_value_starts_at_zero() -> None:
    registry = Metrics(CollectorRegistry(), ["alertmanager"], ["smtp"]).registry
    for outcome in Outcome:
        assert (
            registry.get_sample_value(
                "gateway_intake_items_total", {"source": "alertmanager", "outcome": outcome}
            )
            == 0
        )
    for ending in SendOutcome:
        assert (
            registry.get_sample_value(
                "gateway_notify_sends_total", {"channel": "smtp", "outcome": ending}
            )
            == 0
        )
    for kind in TimerKind:
        assert (
            registry.get_sample_value(
                "gateway_timer_lateness_seconds_count", {"kind": kind.name.lower()}
            )
            == 0
        )
    assert (
        registry.get_sample_value(
            "gateway_incidents_open",
            {"kind": "incident", "priority": "1", "state": "logged", "tier": "1"},
        )
        == 0
    )


def test_hostile_label_values_add_no_series() -> None:
    metrics = Metrics(CollectorRegistry(), ["alertmanager"])
    metrics.answered("/ingest/{source}", "BREW", 202, 0.01)
    before = series(metrics)
    for n in range(10_000):
        hostile = f'svc-{n}"}}\n# HELP evil'
        metrics.request(hostile, RequestOutcome.ACCEPTED)
        metrics.items(hostile, Outcome.OPENED)
        metrics.rejected(hostile, Rejection.MALFORMED)
        metrics.notifications.sent(hostile, SendOutcome.DEAD)
        metrics.answered("/ingest/{source}", hostile, 202, 0.01)
    assert series(metrics) == before
    assert (
        metrics.registry.get_sample_value(
            "gateway_intake_items_total", {"source": "other", "outcome": "opened"}
        )
        == 10_000
    )
    assert b"svc-" not in generate_latest(metrics.registry)


def test_timer_lateness_is_counted_and_never_negative() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.timers.fired(TimerKind.SLA, 0.02)
    metrics.timers.fired(TimerKind.SLA, -1.0)
    assert metrics.registry.get_sample_value("gateway_timers_fired_total", {"kind": "sla"}) == 2
    assert (
        metrics.registry.get_sample_value(
            "gateway_timer_lateness_seconds_bucket", {"kind": "sla", "le": "0.01"}
        )
        == 1
    )


def test_counts_before_first_reading_are_kept() -> None:
    metrics = Metrics(CollectorRegistry(), ["alertmanager"])
    metrics.request("alertmanager", RequestOutcome.ACCEPTED)
    metrics.quarantined("alertmanager", 3, 60.0)
    labels = {"source": "alertmanager"}
    for _ in range(2):
        assert (
            metrics.registry.get_sample_value(
                "gateway_intake_requests_total", labels | {"outcome": "accepted"}
            )
            == 1
        )
        assert (
            metrics.registry.get_sample_value(
                "gateway_intake_requests_total", labels | {"outcome": "refused"}
            )
            == 0
        )
        assert metrics.registry.get_sample_value("gateway_quarantine_pending", labels) == 3


def test_labels_at_start_are_exactly_the_values_of_the_enums() -> None:
    metrics = Metrics(CollectorRegistry())
    list(metrics.registry.collect())
    known = {
        metrics.pings: {*PingSignal, "unknown"},
        metrics.monitors: set(MonitorState),
        metrics.quota_refusals: set(Quota),
        metrics.silences_not_judged: set(SkipReason),
        metrics.incidents.within_targets: set(Kind),
        metrics.incidents.breached: set(ClockName),
    }
    for metric, values in known.items():
        (family,) = metric.collect()
        assert {next(iter(one.labels.values())) for one in family.samples} == values
