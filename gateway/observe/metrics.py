"""All metrics that the gateway exports, with their help texts and bounded labels.

A label is an enum, a number of a fixed range, a route template or the slug of a configured
source; fields of alerts (service, host, key, title) are never labels, so no sender can increase
the number of series. The exceptions are `gateway_incident_sla_remaining_seconds`, which names
incidents: at most `NEAREST` of them, cleared at every refresh, the groups of the catalogue, of
which `MOST_GROUPS` are named at most, and on-call schedules, `MOST_SCHEDULES` of them.

All label values known beforehand are created at 0, so that rate() and absent() give correct
results.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from gateway.observe.incident_counters import IncidentCounters
from gateway.observe.incident_metrics import IncidentMetrics
from gateway.observe.lazy_collector import LazyCollector
from gateway.observe.metric_labels import (
    BATCH,
    LAG,
    LATENCY,
    METHODS,
    OTHER,
    BodyCaller,
    Rejection,
    RequestOutcome,
    create_series,
)
from gateway.observe.notification_metrics import NotificationMetrics
from gateway.observe.on_call_metrics import OnCallMetrics
from gateway.observe.timer_metrics import TimerMetrics
from gateway.observe.watch_metrics import WatchMetrics
from gateway.supervisor.decisions import RestartReason
from gateway.vocabulary import MonitorState, Outcome, PingSignal, Quota, SkipReason

disable_created_metrics()  # type: ignore[no-untyped-call]  # Prometheus does not use them

UNKNOWN = "unknown"
"""The label of pings that named no monitor."""


class Metrics:
    """The metrics of a replica.

    `sources` are the slugs of the configured sources and `channels` the names of the channels by
    which people are notified; all others count as `other`. The registry `by_route` has the one
    family with a series for every route: thousands, which are rendered outside of the event loop.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        sources: Iterable[str] = (),
        channels: Iterable[str] = (),
    ) -> None:
        self.registry = registry
        self.by_route = CollectorRegistry()
        self.sources = frozenset(sources) | {OTHER}
        registry.register(LazyCollector(self._start_at_zero))
        self._intake(registry)
        self._monitors(registry)
        self.incidents = IncidentMetrics(registry)
        self.outcomes = IncidentCounters(registry)
        self.timers = TimerMetrics(registry)
        self.on_call = OnCallMetrics(registry)
        self.notifications = NotificationMetrics(registry, channels)
        self.watch = WatchMetrics(registry)
        self._process(registry)

    def _intake(self, registry: CollectorRegistry) -> None:
        self.intake_requests = Counter(
            "gateway_intake_requests",
            "Intake requests by source and how they were answered",
            ("source", "outcome"),
            registry=registry,
        )
        self._requests_of = cache(self.intake_requests.labels)
        self.intake_items = Counter(
            "gateway_intake_items",
            "Received items by source and the one outcome each ended in",
            ("source", "outcome"),
            registry=registry,
        )
        self.intake_rejected = Counter(
            "gateway_intake_rejected_items",
            "Items put into quarantine, by source and reason",
            ("source", "reason"),
            registry=registry,
        )
        self.quarantine_pending = Gauge(
            "gateway_quarantine_pending",
            "Entries of the quarantine that wait for somebody, by source",
            ("source",),
            registry=registry,
        )
        self.quarantine_age = Gauge(
            "gateway_quarantine_oldest_age_seconds",
            "Age of the oldest entry of the quarantine that waits for somebody, by source",
            ("source",),
            registry=registry,
        )
        self.intake_seconds = Histogram(
            "gateway_intake_commit_seconds",
            "Seconds from receiving a request to the commit of its items",
            buckets=LATENCY,
            registry=registry,
        )
        self.intake_batch = Histogram(
            "gateway_intake_batch_items",
            "Items committed together in one transaction",
            buckets=BATCH,
            registry=registry,
        )
        self.silences_not_judged = Counter(
            "gateway_silences_not_judged",
            (
                "Silences that held nothing back since they were not judged, "
                "by why, each time an alert came"
            ),
            ("reason",),
            registry=registry,
        )
        self.bodies_refused = Counter(
            "gateway_bodies_refused",
            (
                "Request bodies refused with 503 because too many bytes were coming in, by "
                "callers known and not yet known"
            ),
            ("callers",),
            registry=registry,
        )
        self.quota_refusals = Counter(
            "gateway_quota_refusals",
            "Requests refused for a quota of their key or address",
            ("quota",),
            registry=registry,
        )
        self.queue_items = Gauge(
            "gateway_intake_queue_items", "Items waiting for their commit", registry=registry
        )
        self.queue_bytes = Gauge(
            "gateway_intake_queue_bytes", "Body bytes waiting for their commit", registry=registry
        )
        self.overloads = Counter(
            "gateway_intake_overload_refusals",
            "Requests refused with 503 because the queue was full",
            registry=registry,
        )

    def _monitors(self, registry: CollectorRegistry) -> None:
        self.pings = Counter(
            "gateway_monitor_pings",
            "Pings of monitors by what they said; unknown ones named no monitor",
            ("said",),
            registry=registry,
        )
        self.monitors = Gauge(
            "gateway_monitors",
            "Monitors that wait for pings, by state",
            ("state",),
            registry=registry,
        )

    @property
    def registries(self) -> tuple[CollectorRegistry, ...]:
        """All registries to export."""
        return self.registry, self.by_route

    def _process(self, registry: CollectorRegistry) -> None:
        self.http_seconds = Histogram(
            "gateway_http_request_seconds",
            "Seconds to answer a request, by route template",
            ("route", "method", "status"),
            buckets=LATENCY,
            registry=self.by_route,
        )
        self.db_pool_size = Gauge(
            "gateway_db_pool_size", "Open database connections", registry=registry
        )
        self.db_pool_in_use = Gauge(
            "gateway_db_pool_in_use", "Database connections in use", registry=registry
        )
        self.loop_lag = Histogram(
            "gateway_loop_lag_seconds",
            "How late the event loop woke a sleeper, 20 times a second",
            buckets=LAG,
            registry=registry,
        )
        self.task_failures = Counter(
            "gateway_task_failures",
            "Failures of tasks beside requests",
            ("task",),
            registry=registry,
        )
        self.restarts = Counter(
            "gateway_process_restarts",
            "Restarts of the serving process by its supervisor, by reason",
            ("reason",),
            registry=registry,
        )
        self.audit_age = Gauge(
            "gateway_audit_head_age_seconds",
            "Seconds since the newest seal over the timelines",
            registry=registry,
        )
        self.build = Gauge(
            "gateway_build_info",
            "Always 1; the version is the label",
            ("version",),
            registry=registry,
        )
        self.periodic_success = Gauge(
            "gateway_periodic_success_timestamp_seconds",
            "When a periodic job last succeeded",
            ("periodic",),
            registry=registry,
        )
        self.periodic_failing = Gauge(
            "gateway_periodic_failing",
            "Failures of a periodic job since it last succeeded",
            ("periodic",),
            registry=registry,
        )
        self.refresh_seconds = Gauge(
            "gateway_telemetry_refresh_seconds",
            "Seconds the last refresh of the database gauges took",
            registry=registry,
        )
        self.refreshed_at = Gauge(
            "gateway_telemetry_refreshed_timestamp_seconds",
            "When the database gauges were last refreshed",
            registry=registry,
        )

    def _start_at_zero(self) -> None:
        self.timers.start_at_zero()
        self.notifications.start_at_zero()
        for source in self.sources:
            create_series(self.intake_requests, source, RequestOutcome)
            create_series(self.intake_items, source, Outcome)
            create_series(self.intake_rejected, source, Rejection)
            self.quarantine_pending.labels(source)
            self.quarantine_age.labels(source)
        for reason in RestartReason:
            self.restarts.labels(reason.value)
        for callers in BodyCaller:
            self.bodies_refused.labels(callers.value)
        for said in (*PingSignal, UNKNOWN):
            self.pings.labels(str(said))
        for quota in Quota:
            self.quota_refusals.labels(quota.value)
        for why in SkipReason:
            self.silences_not_judged.labels(why.value)
        for state in MonitorState:
            self.monitors.labels(state.value)

    def restarted(self, counts: Mapping[RestartReason, int]) -> None:
        """Add the restarts of this process that its supervisor counted."""
        for reason, count in counts.items():
            self.restarts.labels(reason.value).inc(count)

    def clear_quarantine(self) -> None:
        """Set the counts of the quarantine back to 0."""
        for source in self.sources:
            self.quarantine_pending.labels(source).set(0)
            self.quarantine_age.labels(source).set(0)

    def quarantined(self, source: str, count: int, age: float) -> None:
        """Add the pending items in quarantine of one source, and the age of the oldest in seconds.

        Call it for the longest wait last: of sources that count as `other` the last age remains.
        """
        self.quarantine_pending.labels(self._source(source)).inc(count)
        self.quarantine_age.labels(self._source(source)).set(age)

    def clear_monitors(self) -> None:
        """Set the counts of monitors back to 0."""
        for state in MonitorState:
            self.monitors.labels(state.value).set(0)

    def quota_refused(self, quota: Quota) -> None:
        """Count a request refused for a quota."""
        self.quota_refusals.labels(quota.value).inc()

    def unjudged(self, reason: SkipReason, count: int) -> None:
        """Count silences that had no effect because they were not evaluated."""
        self.silences_not_judged.labels(reason.value).inc(count)

    def ping(self, said: PingSignal | None) -> None:
        """Count one ping of a monitor; None for one that named no monitor."""
        self.pings.labels(UNKNOWN if said is None else said.value).inc()

    def request(self, source: str, outcome: RequestOutcome) -> None:
        """Count one intake request; a source that is not configured counts as `other`."""
        self._requests_of(self._source(source), outcome.value).inc()

    def items(self, source: str, outcome: Outcome, count: int = 1) -> None:
        """Count items of one source that ended in one outcome."""
        self.intake_items.labels(self._source(source), outcome.value).inc(count)

    def rejected(self, source: str, reason: Rejection, count: int = 1) -> None:
        """Count items that went into quarantine."""
        self.intake_rejected.labels(self._source(source), reason.value).inc(count)

    def periodic_succeeded(self, name: str, at: float) -> None:
        """Set the time of the last success of a periodic job."""
        self.periodic_success.labels(name).set(at)
        self.periodic_failing.labels(name).set(0)

    def periodic_failed(self, name: str) -> None:
        """Count one more failure of a periodic job since it last succeeded."""
        self.periodic_failing.labels(name).inc()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Observe one answered request.

        `route` is the router's template, never the requested path.
        """
        self.http_seconds.labels(
            route, method if method in METHODS else OTHER, f"{status // 100}xx"
        ).observe(seconds)

    def _source(self, source: str) -> str:
        return source if source in self.sources else OTHER
