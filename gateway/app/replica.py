"""The composition root: builds all parts of one replica, runs it, and stops it in order."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway import incoming
from gateway.access.reporter_links import ReporterLinks
from gateway.api.context import Context
from gateway.api.health import Health, metrics_route
from gateway.api.searching import SearchLimiter
from gateway.app import channels, notifications, parts, reports, tasks
from gateway.app.notifications import telling as telling_by
from gateway.app.observers import ChangeObserver, IntakeObserver, TimerObserver
from gateway.app.routes import VERSION, doors
from gateway.app.supervision import Supervisor, Work
from gateway.app.upkeep import Upkeep
from gateway.catalogue.live import EVERY as READ_EVERY
from gateway.catalogue.live import Catalogue
from gateway.channels.chat.setup import SLUGS as CHATS
from gateway.channels.email.imap.setup import mailbox_readers
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.listener import SmtpHandler, receiving
from gateway.channels.phone.intake import SWEEP_EVERY as SWEEP_CALLS_EVERY
from gateway.clock import Clock, SystemClock
from gateway.db.pool import SERVER_SETTINGS, Pool, open_pool
from gateway.dedup.commit import Committer
from gateway.dedup.intake import AlertWriter
from gateway.dedup.opening import RecordOpener
from gateway.dedup.records import PlanWriter
from gateway.dedup.silences import SilenceJudge
from gateway.egress.fetching import FetchCache
from gateway.incidents.changes import CommittedChanges
from gateway.incidents.custom_fields import CustomFields
from gateway.ingest.http import AlertEndpoint, Fetch
from gateway.ingest.mending import QuarantineReview
from gateway.ingest.replay import Replay
from gateway.ingest.sources import SOURCES
from gateway.ingest.workers.alerts import AlertReader
from gateway.ingest.workers.forker import WorkerForker
from gateway.ingest.workers.process import ParseWorker
from gateway.monitors.model import NAMESPACE as PING
from gateway.monitors.pulse import EVERY as EXPIRE_MONITORS_EVERY
from gateway.monitors.pulse import PingService
from gateway.networks import networks
from gateway.notify.reply_tokens import ReplyTokens
from gateway.notify.runner import NotificationRunner as Telling
from gateway.observe.metrics import Metrics
from gateway.observe.watchdog import watched
from gateway.operations.firing import TimerEffects
from gateway.operations.rounds.deadline_recalculation import DeadlineRecalculation
from gateway.operations.rounds.service_recalculation import ServiceRecalculation
from gateway.operations.unit_of_work import UnitOfWork
from gateway.periodic import Periodic, Periodics
from gateway.quarantine.mappings import EVERY as MAP_EVERY
from gateway.quarantine.mappings import Mappings
from gateway.quotas import Quotas
from gateway.settings import Settings
from gateway.sla.timers.runner import TimerRunner as Timers
from gateway.supervisor.decisions import Reason
from gateway.web import edge
from gateway.web.auth import Authenticator
from gateway.web.deadlines import Deadlines

RESERVED = 4
"""Connections for timers and health checks alone, so that no load of requests stops a timer."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Connection pools: for changes, for timers and health checks, for requests that only read."""

    acting: Pool
    timers: Pool
    reading: Pool


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running replica."""

    app: web.Application
    pool: Pool
    intake: AlertWriter
    timers: Timers
    health: Health
    uow: UnitOfWork
    mail: MailIntake
    metrics: Metrics
    readers: Sequence[ParseWorker]
    addresses: list[Any] = field(default_factory=list)
    smtp: Sequence[Any] = ()
    metrics_app: web.Application | None = None


@asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock,
    *,
    allow_unsafe: bool = False,
    fetch: Fetch | None = None,
    forker: WorkerForker | None = None,
    restarts: Mapping[Reason, int] = MappingProxyType({}),
) -> AsyncIterator[Gateway]:
    """Run a replica; its parts stop in the opposite order of their start.

    `fetch` is its client for signing certificates and keys, `forker` starts its processes for
    parsing; `restarts` counts the restarts by its supervisor, by reason.
    """
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database, allow_unsafe=allow_unsafe)
        stack.callback(pool.terminate)
        reserved = msgspec.structs.replace(settings.database, pool_min=1, pool_max=RESERVED)
        timer_pool = await open_pool(
            reserved, allow_unsafe=allow_unsafe, settings={**SERVER_SETTINGS, **parts.BY_KEY}
        )
        stack.callback(timer_pool.terminate)
        size, limits = parts.reading(settings.database)
        reads = await open_pool(size, allow_unsafe=allow_unsafe, settings=limits)
        stack.callback(reads.terminate)
        pools, reader = (
            Pools(pool, timer_pool, reads),
            parts.alert_reader(stack, forker or parts.forker(stack)),
        )
        gateway = await _assemble(
            stack, pools, settings, clock, fetch or parts.fetch(stack), reader
        )
        gateway.metrics.restarted(restarts)
        yield gateway


@dataclass(frozen=True, slots=True)
class _Core:
    """The parts that write records, run timers and notify, before any listener."""

    metrics: Metrics
    counting: ChangeObserver
    links: ReporterLinks
    telling: Telling
    timers: Timers
    intake: AlertWriter
    uow: UnitOfWork


async def _core(
    stack: AsyncExitStack, pool: Pool, timer_pool: Pool, settings: Settings, clock: Clock
) -> _Core:
    metrics = Metrics(
        CollectorRegistry(),
        [*(source.slug for source in SOURCES), PING, *channels.SOURCES],
        notifications.CHANNELS,
    )
    metrics.build.labels(VERSION).set(1)
    catalogue = Catalogue(settings)
    key = settings.audit.key.encode()
    reserve = parts.Numbers(settings.database.url)
    stack.callback(reserve.close)
    links = await parts.links(pool, settings, clock)
    telling = telling_by(stack, pool, settings, clock, links, metrics)
    counting = ChangeObserver(metrics.outcomes, catalogue)
    timers = await parts.timers(
        stack,
        timer_pool,
        settings,
        clock,
        TimerEffects(lambda: catalogue.rules, key),
        TimerObserver(metrics, counting, telling.wake.set),
    )
    silences = SilenceJudge(clock, settings.limits.silences, metrics.unjudged)
    records = PlanWriter(RecordOpener(settings, catalogue), reserve, clock, key)
    committer = Committer(
        clock, settings.dedup, records, silences, settings.limits.stored_bytes_per_day
    )
    observer = IntakeObserver(metrics, counting, timers.note_armed, telling.wake.set)
    intake = AlertWriter(
        lambda: parts.connection(settings.database.url, parts.WRITER),
        committer,
        clock,
        settings.server,
        observer,
    )
    fields = CustomFields.from_settings(settings.fields)
    uow = UnitOfWork(
        pool,
        clock,
        key,
        reserve,
        partial(_changed, timers, telling, counting),
        catalogue,
        fields,
    )
    return _Core(metrics, counting, links, telling, timers, intake, uow)


async def _assemble(
    stack: AsyncExitStack,
    pools: Pools,
    settings: Settings,
    clock: Clock,
    fetch: Fetch,
    reader: AlertReader,
) -> Gateway:
    pool, timer_pool = pools.acting, pools.timers
    core = await _core(stack, pool, timer_pool, settings, clock)
    uow, intake, timers, telling, metrics = (
        core.uow,
        core.intake,
        core.timers,
        core.telling,
        core.metrics,
    )
    keys, mappings, filing = (
        Authenticator(pool, clock, Quotas(settings.limits, metrics.quota_refused)),
        Mappings(),
        parts.filing(stack, uow, settings.attachments),
    )
    sources = {source.slug: source for source in SOURCES}
    door = AlertEndpoint(
        sources,
        intake.submit,
        keys.authenticate,
        settings,
        metrics,
        clock,
        fetch,
        FetchCache(fetch, clock),
        mappings,
        reader,
    )
    ways = channels.build_receivers(stack, door, filing, core.links, telling.channels)
    mender = QuarantineReview(
        Replay(
            pool,
            sources,
            settings.intake,
            intake.submit,
            clock,
            mappings,
            ways.releases,
            parts.reading_again(reader),
        )
    )
    login = parts.login(stack, pool, settings, clock)
    context = Context(
        uow, keys, login, parts.oidc(stack, login, settings), core.links, filing, mender, settings.problems,
        ways.room.open_set_aside, settings.limits, SearchLimiter(max(1, settings.database.read_pool_max // 4)),
    )  # fmt: skip
    pulse = PingService(pool, clock, intake.submit, metrics)
    upkeep = Upkeep(pool, settings, clock, metrics, lambda: uow.rules, uow.key)
    own = tasks.jobs(uow, intake, filing, set(telling.channels) & set(CHATS))
    supervisor = Supervisor(clock, metrics)
    periodics = Periodics(
        (*upkeep.jobs(), *own, *_jobs(uow, core.counting, pulse, mappings, ways)), clock, metrics
    )
    health = _health(timer_pool, supervisor, periodics, timers, intake, telling)
    definitions = doors(context, pools.reading, door, ways, health, pulse, settings.limits)
    shown, own_port = _metrics_routes(settings, health, metrics, keys)
    app = _application(settings, [*definitions, *shown], clock, ways, metrics)
    metrics_app = _application(settings, own_port, clock, ways, metrics) if own_port else None
    uow.rules.warm(clock.now())
    await periodics.begin_with("housekeeping", "catalogue", "mappings")
    beside = _beside(telling, periodics) | mailbox_readers(pool, ways.room)
    tasks.start(stack, supervisor, beside, timers, intake)
    relays = networks(settings.mail.authentication.relays)
    mail_door = SmtpHandler(
        ways.room, pool, keys.recognise, ReplyTokens(core.links.secrets), relays
    )
    smtp = await stack.enter_async_context(
        receiving(mail_door, metrics.notifications.mail_sessions.set)
    )
    await stack.enter_async_context(
        watched(SystemClock(), metrics.loop_lag.observe)
    )  # the loop lives by no other clock
    return Gateway(
        app,
        pool,
        intake,
        timers,
        health,
        uow,
        ways.room,
        metrics,
        (reader.reader, *ways.readers),
        smtp=smtp,
        metrics_app=metrics_app,
    )


def _metrics_routes(
    settings: Settings, health: Health, metrics: Metrics, keys: Authenticator
) -> tuple[list[web.RouteDef], list[web.RouteDef]]:
    """Return the metrics routes for the main port and those for a separate port; one is empty."""
    if settings.metrics.host:
        return [], [*health.routes(), metrics_route(metrics, None)]
    return [metrics_route(metrics, None if settings.metrics.open else keys)], []


def _jobs(
    uow: UnitOfWork,
    counting: ChangeObserver,
    pulse: PingService,
    mappings: Mappings,
    ways: channels.Receivers,
) -> tuple[Periodic, ...]:
    """Return the jobs of the catalogue, the monitors, the mappings, the calls and deadlines."""
    return (
        Periodic("catalogue", READ_EVERY, partial(_read_catalogue, uow, counting)),
        Periodic("monitors", EXPIRE_MONITORS_EVERY, pulse.run_once),
        Periodic("mappings", MAP_EVERY, partial(mappings.refresh, uow.pool)),
        Periodic("calls", SWEEP_CALLS_EVERY, ways.calls.sweep),
        DeadlineRecalculation(uow).job(),
        ServiceRecalculation(uow).job(),
    )


async def _read_catalogue(uow: UnitOfWork, counting: ChangeObserver) -> None:
    await uow.catalogue.refresh(uow.pool, uow.clock.stamp())
    counting.know_groups()


def _application(
    settings: Settings,
    definitions: Iterable[web.RouteDef],
    clock: Clock,
    ways: channels.Receivers,
    metrics: Metrics,
) -> web.Application:
    proxies = networks(settings.server.trusted_proxies)
    deadlines = Deadlines(settings.server.deadline.total_seconds())
    app = web.Application(client_max_size=settings.server.max_body_bytes)
    app[reports.APPS] = ways.reports.apps
    app[incoming.BUDGETS] = parts.budgets(settings.server, metrics)
    app.add_routes(
        edge.wrap_routes(
            definitions, clock, metrics.answered, deadlines, proxies, settings.server.external_url
        )
    )
    return app


def _health(
    pool: Pool,
    supervisor: Supervisor,
    periodics: Periodics,
    timers: Timers,
    intake: AlertWriter,
    telling: Telling,
) -> Health:
    """Return the health probes.

    Reported as failing are dead tasks, stuck jobs, and timers that fail by a defect of their
    own.
    """

    def failing() -> tuple[str, ...]:
        broken = ("timers",) if timers.broken else ()
        return tuple(dict.fromkeys((*supervisor.dead, *periodics.stuck(), *broken)))

    return Health(
        pool, lambda: timers.healthy, lambda: intake.alive, lambda: telling.alive, failing
    )


def _beside(telling: Telling, periodics: Periodics) -> dict[str, Work]:
    """Return the tasks that run beside requests, by name."""
    return {
        "telling": telling.run,
        "periodic": periodics.run,
    }


def _changed(
    timers: Timers, telling: Telling, counting: ChangeObserver, changes: CommittedChanges
) -> None:
    """Schedule armed timers, wake the outbox runner and count, after a commit by an operation."""
    timers.note_armed(changes.armed)
    telling.wake.set()
    counting.changed(changes.revisions)
