"""Metrics of timers: their lateness, how they end, and the index and leases behind them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.observe.metric_labels import LATENESS
from gateway.vocabulary import TimerKind


class TimerMetrics:
    """The metrics of timers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lateness = Histogram(
            "gateway_timer_lateness_seconds",
            "Seconds from a timer's due time to its firing",
            ("kind",),
            buckets=LATENESS,
            registry=registry,
        )
        self.fired_timers = Counter(
            "gateway_timers_fired", "Timers fired by kind", ("kind",), registry=registry
        )
        self.poisoned = Counter(
            "gateway_timers_poisoned",
            "Timers whose firing failed and that were set back by a minute",
            ("kind",),
            registry=registry,
        )
        self.missed = Counter(
            "gateway_timers_missed",
            "Timers that the sweep found and the wheel should have known",
            registry=registry,
        )
        self.waiting = Gauge(
            "gateway_timers_waiting",
            "Timers that are due and wait for their turn",
            registry=registry,
        )
        self.clock_trusted = Gauge(
            "gateway_clock_trusted",
            "0 while PostgreSQL's clock is doubted and nothing fires",
            registry=registry,
        )
        self.wheel_timers = Gauge(
            "gateway_wheel_timers", "Timers held in this replica's wheel", registry=registry
        )
        self.armed = Gauge(
            "gateway_timers_armed", "Armed timers in the database", registry=registry
        )
        self.overdue = Gauge(
            "gateway_timers_overdue",
            "Armed timers more than 10 s past their due time",
            registry=registry,
        )
        self.aside = Gauge(
            "gateway_timers_set_aside",
            "Armed timers that cannot be read and never fire",
            registry=registry,
        )
        self.index_up = Gauge(
            "gateway_timer_index_up",
            "1 while the Redis timer index answers, else 0",
            registry=registry,
        )
        self.index_rebuilds = Counter(
            "gateway_timer_index_rebuilds",
            "Rebuilds of a shard's Redis timer index",
            registry=registry,
        )
        self.shards_owned = Gauge(
            "gateway_shards_owned",
            "Timer shards this replica holds the lease of",
            registry=registry,
        )

    def start_at_zero(self) -> None:
        """Create the series of every kind of timer at 0."""
        for kind in TimerKind:
            self.lateness.labels(kind_label(kind))
            self.fired_timers.labels(kind_label(kind))
            self.poisoned.labels(kind_label(kind))

    def fired(self, kind: TimerKind, lateness: float) -> None:
        """Count one timer fired `lateness` seconds after it was due."""
        self.fired_timers.labels(kind_label(kind)).inc()
        self.lateness.labels(kind_label(kind)).observe(max(0.0, lateness))

    def failed(self, kind: TimerKind) -> None:
        """Count one timer whose firing failed."""
        self.poisoned.labels(kind_label(kind)).inc()


def kind_label(kind: TimerKind) -> str:
    """Return the label of a timer kind: `sla`, `auto_close` ..."""
    return kind.name.lower()
