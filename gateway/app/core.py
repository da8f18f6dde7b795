"""Assembly of the core of a replica: what writes records, runs timers and notifies."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry

from gateway.access.reporter_links import ReporterLinks
from gateway.app import channels, notifications, parts
from gateway.app.observers import ChangeObserver, IntakeObserver, TimerObserver
from gateway.app.routes import VERSION
from gateway.catalogue.live import Catalogue
from gateway.db.pool import Pool
from gateway.dedup.commit import Committer
from gateway.dedup.intake import AlertWriter
from gateway.dedup.opening import RecordOpener
from gateway.dedup.records import PlanWriter
from gateway.dedup.silences import SilenceJudge
from gateway.incidents.changes import CommittedChanges
from gateway.incidents.custom_fields import CustomFields
from gateway.ingest.sources import SOURCES
from gateway.monitors.model import NAMESPACE as PING
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from gateway.operations.firing import TimerEffects
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Settings
from gateway.sla.timers.runner import TimerRunner
from gateway.timing.clock import Clock


@dataclass(frozen=True, slots=True)
class Pools:
    """Connection pools: for changes, for timers and health checks, for requests that only read."""

    acting: Pool
    timers: Pool
    reading: Pool


@dataclass(frozen=True, slots=True)
class Core:
    """The parts that write records, run timers and notify, before any listener."""

    metrics: Metrics
    counting: ChangeObserver
    links: ReporterLinks
    notifier: NotificationRunner
    timers: TimerRunner
    intake: AlertWriter
    uow: UnitOfWork


async def build_core(stack: AsyncExitStack, pools: Pools, settings: Settings, clock: Clock) -> Core:
    """Build the core as configured; its parts end with `stack`."""
    metrics, catalogue = _metrics(), Catalogue(settings)
    key = settings.audit.key.encode()
    reserve = parts.NumberReserver(settings.database.url)
    stack.callback(reserve.close)
    links = await parts.load_reporter_links(pools.acting, settings, clock)
    notifier = notifications.build_notification_runner(
        stack,
        pools.acting,
        settings,
        clock,
        links,
        metrics,
        lambda: catalogue.rules.escalation.recipients,
    )
    counting = ChangeObserver(metrics.outcomes, catalogue)
    timers = await parts.build_timer_runner(
        stack,
        pools.timers,
        settings,
        clock,
        TimerEffects(lambda: catalogue.rules, key),
        TimerObserver(metrics, counting, notifier.wake.set),
    )
    observer = IntakeObserver(metrics, counting, timers.note_armed, notifier.wake.set)
    intake = AlertWriter(
        lambda: parts.open_connection_with(settings.database.url, parts.WRITER_SETTINGS),
        _committer(settings, clock, catalogue, reserve, metrics),
        clock,
        settings.server,
        observer,
    )
    uow = UnitOfWork(
        pools.acting,
        clock,
        key,
        reserve,
        partial(_changed, timers, notifier, counting),
        catalogue,
        CustomFields.from_settings(settings.fields),
    )
    return Core(metrics, counting, links, notifier, timers, intake, uow)


def _metrics() -> Metrics:
    metrics = Metrics(
        CollectorRegistry(),
        [*(source.slug for source in SOURCES), PING, *channels.SOURCES],
        notifications.CHANNELS,
    )
    metrics.build.labels(VERSION).set(1)
    return metrics


def _committer(
    settings: Settings,
    clock: Clock,
    catalogue: Catalogue,
    reserve: parts.NumberReserver,
    metrics: Metrics,
) -> Committer:
    """Return the writer of batches of alerts."""
    silences = SilenceJudge(clock, settings.limits.silences, metrics.unjudged)
    opener = RecordOpener(settings, catalogue)
    records = PlanWriter(opener, reserve, clock, settings.audit.key.encode())
    return Committer(clock, settings.dedup, records, silences, settings.limits.stored_bytes_per_day)


def _changed(
    timers: TimerRunner,
    notifier: NotificationRunner,
    counting: ChangeObserver,
    changes: CommittedChanges,
) -> None:
    """Schedule armed timers, wake the outbox runner and count, after a commit by an operation."""
    timers.note_armed(changes.armed)
    notifier.wake.set()
    counting.changed(changes.revisions)
