"""Observers of intake, timers and changes that count in the metrics."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.catalogue.live import Catalogue
from gateway.dedup.commit import CommitResult
from gateway.incidents.changes import ArmedTimer
from gateway.incidents.record import Incident, Revision
from gateway.observe.incident_counters import RESTRICTED, IncidentCounters
from gateway.observe.metric_labels import Rejection
from gateway.observe.metrics import Metrics
from gateway.sla.outcomes import OutcomeCount, count_outcomes
from gateway.vocabulary import Outcome, TimerKind

Labels = tuple[str, int, str]
"""Kind, priority and group."""


@dataclass(frozen=True, slots=True)
class ChangeObserver:
    """An observer of committed changes that counts the events and durations of incidents."""

    counters: IncidentCounters
    catalogue: Catalogue

    def changed(self, revisions: Sequence[Revision]) -> None:
        """Count committed changes; a revision without events wrote nothing."""
        happened: Counter[tuple[Labels, OutcomeCount]] = Counter()
        for revision in revisions:
            if revision.events:
                incident = revision.after
                labels = incident.kind, incident.priority, self._group(incident)
                policy = self.catalogue.rules.policy(incident)
                counts = count_outcomes(policy, revision.before, incident)
                happened.update((labels, one) for one in counts)
        for (labels, one), times in happened.items():
            if one.seconds is None:
                self.counters.count(one.counted, *labels, clock=one.clock or "", times=times)
                continue
            for _ in range(times):
                self.counters.time(one.counted, *labels, one.seconds)

    def create_group_series(self) -> None:
        """Create the time series of the groups that own a service."""
        owners = {service.owner_group for service in self.catalogue.services().values()}
        self.counters.create_series_of(sorted(owners - {""}))

    def _group(self, incident: Incident) -> str:
        if incident.security:
            return RESTRICTED
        service = self.catalogue.services().get(incident.service)
        return "" if service is None else service.owner_group


@dataclass(frozen=True, slots=True)
class IntakeObserver:
    """An observer of intake: counts outcomes, schedules armed timers, wakes the outbox runner."""

    metrics: Metrics
    incidents: ChangeObserver
    armed: Callable[[Sequence[ArmedTimer]], None]
    wake_outbox: Callable[[], None]

    def committed(self, committed: CommitResult, seconds: float) -> None:  # noqa: ARG002 - requests time themselves
        """Count a commit of intake and schedule the timers that it armed."""
        items = 0
        for (source, outcome), count in committed.outcomes.items():
            items += count
            self.metrics.items(source, outcome, count)
            if outcome is Outcome.QUARANTINED:
                self.metrics.rejected(source, Rejection.MALFORMED, count)
        self.metrics.intake_batch.observe(items)
        if committed.changes.revisions:
            self.incidents.changed(committed.changes.revisions)
        if committed.changes.armed:
            self.armed(committed.changes.armed)
            self.wake_outbox()

    def queued(self, items: int, size: int) -> None:
        """Set the items and bytes that wait for the writer."""
        self.metrics.queue_items.set(items)
        self.metrics.queue_bytes.set(size)


@dataclass(frozen=True, slots=True)
class TimerObserver:
    """An observer of the timers."""

    metrics: Metrics
    incidents: ChangeObserver
    wake_outbox: Callable[[], None]

    def fired(self, lateness_seconds: float, kind: TimerKind) -> None:
        """Count one fired timer and its lateness."""
        self.metrics.timers.fired(kind, lateness_seconds)
        self.wake_outbox()

    def changed(self, revisions: Sequence[Revision]) -> None:
        """Count incidents that fired timers changed."""
        self.incidents.changed(revisions)

    def poisoned(self, kind: TimerKind) -> None:
        """Count a timer whose firing failed."""
        self.metrics.timers.failed(kind)

    def step_broke(self) -> None:
        """Count a step of the timers that failed by a defect of the gateway."""
        self.metrics.task_failures.labels("timers").inc()

    def wheel_size(self, size: int) -> None:
        """Set the number of timers in the timer wheel."""
        self.metrics.timers.wheel_timers.set(size)

    def backlog(self, size: int) -> None:
        """Set the number of timers that are due and wait for their turn."""
        self.metrics.timers.waiting.set(size)

    def shards_owned(self, count: int) -> None:
        """Set the number of held leases."""
        self.metrics.timers.shards_owned.set(count)

    def index_up(self, up: bool) -> None:  # noqa: FBT001 - the protocol's shape
        """Set whether Redis answers."""
        self.metrics.timers.index_up.set(up)

    def rebuilt(self, shard: int) -> None:  # noqa: ARG002 - counted, not told apart
        """Count a shard whose index was rebuilt."""
        self.metrics.timers.index_rebuilds.inc()

    def missed(self, count: int) -> None:
        """Count timers that only the sweep found."""
        self.metrics.timers.missed.inc(count)

    def clock_trusted(self, trusted: bool) -> None:  # noqa: FBT001 - the protocol's shape
        """Set whether PostgreSQL's clock is trusted."""
        self.metrics.timers.clock_trusted.set(trusted)
