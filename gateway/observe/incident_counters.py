"""Counters and durations of incidents and service requests, by priority and by service group."""

from collections.abc import Iterable
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.observe.incident_metrics import CLOCKS, PRIORITY_LABELS
from gateway.observe.lazy_collector import LazyCollector
from gateway.vocabulary import Kind

LIFECYCLE = {
    "opened": "Incidents and service requests that were opened",
    "resolved": "Incidents and service requests that were resolved, each time",
    "closed": "Incidents and service requests that were closed or rejected",
    "reopened": "Incidents and service requests that were reopened, each time",
}
DECIDED = {
    "met": "Clocks that stopped within their target",
    "breached": "Clocks that went over their target",
}
TIMES = {
    "response": "Seconds from recording to the first acceptance, nights and holds included",
    "resolution": "Seconds from recording to each resolution, nights and holds included",
}
KINDS = tuple(kind.value for kind in Kind)

DAY = 86_400
SPANS = (60, 300, 900, 1800, 2700, 3600, 7200, 14_400, DAY, 3 * DAY, 7 * DAY)
"""Upper bounds in seconds that fit targets of minutes as well as of days."""

MOST_GROUPS = 50
"""The most service groups that have time series of their own."""

OTHER = "other"
"""The label of services that no group owns, and of groups beyond `MOST_GROUPS`."""

RESTRICTED = "restricted"
"""The label of security incidents, because the group of their service would reveal the subject."""


class IncidentSeries:
    """The counters and histograms by kind and one more label; each of its values begins at 0."""

    def __init__(self, registry: CollectorRegistry, prefix: str, label: str, words: str) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(prefix + name, text + words, (*labels, label), registry=registry)

        self._counters = {
            n: counter(f"incidents_{n}", text, "kind") for n, text in LIFECYCLE.items()
        }
        self._clocks = {
            n: counter(f"sla_{n}", text, "clock", "kind") for n, text in DECIDED.items()
        }
        self._times = {
            name: Histogram(
                f"{prefix}incident_{name}_seconds",
                text + words,
                ("kind", label),
                buckets=SPANS,
                registry=registry,
            )
            for name, text in TIMES.items()
        }

    def add(self, value: str) -> None:
        """Create every time series with this value of the label."""
        for counter, kind in product(self._counters.values(), KINDS):
            counter.labels(kind, value)
        for counter, clock, kind in product(self._clocks.values(), CLOCKS, KINDS):
            counter.labels(clock, kind, value)
        for times, kind in product(self._times.values(), KINDS):
            times.labels(kind, value)

    def count(self, name: str, clock: str, kind: str, value: str, times: int) -> None:
        """Count events; `clock` is the clock of the event, "" for events of the lifecycle."""
        series = (
            self._clocks[name].labels(clock, kind, value)
            if clock
            else self._counters[name].labels(kind, value)
        )
        series.inc(times)

    def time(self, name: str, kind: str, value: str, seconds: float) -> None:
        """Observe one duration."""
        self._times[name].labels(kind, value).observe(seconds)


class IncidentCounters:
    """The counters by priority and those by group; every event is counted in both.

    A group is the slug of the group that owns a service of the catalogue, "" for none.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        registry.register(LazyCollector(self._start_at_zero))
        self._priorities = IncidentSeries(registry, "gateway_", "priority", "")
        self._groups = IncidentSeries(
            registry, "gateway_service_group_", "group", ", by service group"
        )
        self._known = {OTHER, RESTRICTED}

    def _start_at_zero(self) -> None:
        for priority in PRIORITY_LABELS:
            self._priorities.add(priority)
        for group in (OTHER, RESTRICTED):
            self._groups.add(group)

    def create_series_of(self, groups: Iterable[str]) -> None:
        """Create time series for the groups, in this order, up to `MOST_GROUPS`."""
        for group in groups:
            if group not in self._known and len(self._known) < MOST_GROUPS + 2:
                self._known.add(group)
                self._groups.add(group)

    def count(
        self,
        name: str,
        kind: str,
        priority: int,
        group: str,
        *,
        clock: str = "",
        times: int = 1,
    ) -> None:
        """Count events; `clock` is the one that was met or breached."""
        self._priorities.count(name, clock, kind, str(priority), times)
        self._groups.count(name, clock, kind, self._label(group), times)

    def time(self, name: str, kind: str, priority: int, group: str, seconds: float) -> None:
        """Observe one duration."""
        self._priorities.time(name, kind, str(priority), seconds)
        self._groups.time(name, kind, self._label(group), seconds)

    def _label(self, group: str) -> str:
        if group:
            self.create_series_of((group,))
        return group if group in self._known else OTHER
