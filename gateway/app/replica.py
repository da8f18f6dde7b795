"""The composition root: builds all parts of one replica, runs it, and stops it in order."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec
from aiohttp import web

from gateway.api.context import Context
from gateway.api.health import Health
from gateway.api.searching import SearchLimiter
from gateway.app import parts
from gateway.app.background import build_background
from gateway.app.channels import ReceiverParts, Receivers, build_receivers
from gateway.app.core import Core, Pools, build_core
from gateway.app.listeners import build_web_applications, start_smtp
from gateway.app.routes import build_routes
from gateway.channels.email.intake import MailIntake
from gateway.db.pool import SERVER_SETTINGS, Pool, open_pool
from gateway.dedup.intake import AlertWriter
from gateway.egress.fetching import FetchCache
from gateway.ingest.http import AlertEndpoint, Fetch
from gateway.ingest.mending import QuarantineReview
from gateway.ingest.replay import Replay
from gateway.ingest.sources import SOURCES
from gateway.ingest.workers.alerts import AlertReader
from gateway.ingest.workers.forker import WorkerForker
from gateway.ingest.workers.process import ParseWorker
from gateway.limits.quotas import Quotas
from gateway.monitors.pings import PingService
from gateway.monitors.pulse import PulseWriter
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from gateway.observe.watchdog import watch_event_loop
from gateway.operations.attach import AttachmentService
from gateway.operations.calendars.imports import CalendarFiles
from gateway.operations.unit_of_work import UnitOfWork
from gateway.quarantine.mappings import Mappings
from gateway.settings import Settings
from gateway.sla.timers.runner import TimerRunner
from gateway.supervisor.decisions import RestartReason
from gateway.timing.clock import Clock, SystemClock
from gateway.web.auth import Authenticator

TIMER_CONNECTIONS = 4
"""Connections for timers and health checks alone, so that no load of requests stops a timer."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running replica."""

    app: web.Application
    pool: Pool
    intake: AlertWriter
    timers: TimerRunner
    notifier: NotificationRunner
    health: Health
    uow: UnitOfWork
    mail: MailIntake
    metrics: Metrics
    readers: Sequence[ParseWorker]
    addresses: list[Any] = field(default_factory=list)
    smtp: Sequence[Any] = ()
    metrics_app: web.Application | None = None


@asynccontextmanager
async def run_replica(
    settings: Settings,
    clock: Clock,
    *,
    allow_unsafe: bool = False,
    fetch: Fetch | None = None,
    forker: WorkerForker | None = None,
    restarts: Mapping[RestartReason, int] = MappingProxyType({}),
) -> AsyncIterator[Gateway]:
    """Run a replica; its parts stop in the opposite order of their start.

    `fetch` is its client for signing certificates and keys, `forker` starts its processes for
    parsing; `restarts` counts the restarts by its supervisor, by reason.
    """
    async with AsyncExitStack() as stack:
        pools = await _pools(stack, settings, allow_unsafe=allow_unsafe)
        forker = forker or parts.forker(stack)
        worker = parts.alert_worker(stack, forker)
        gateway = await _assemble(
            stack, pools, settings, clock, fetch or parts.open_fetch(stack), forker, worker
        )
        gateway.metrics.restarted(restarts)
        yield gateway


async def _pools(stack: AsyncExitStack, settings: Settings, *, allow_unsafe: bool) -> Pools:
    acting = await open_pool(settings.database, allow_unsafe=allow_unsafe)
    stack.callback(acting.terminate)
    reserved = msgspec.structs.replace(settings.database, pool_min=1, pool_max=TIMER_CONNECTIONS)
    timers = await open_pool(
        reserved,
        allow_unsafe=allow_unsafe,
        settings={**SERVER_SETTINGS, **parts.KEY_LOOKUP_SETTINGS},
    )
    stack.callback(timers.terminate)
    size, limits = parts.read_pool_settings(settings.database)
    reading = await open_pool(size, allow_unsafe=allow_unsafe, settings=limits)
    stack.callback(reading.terminate)
    return Pools(acting, timers, reading)


async def _assemble(
    stack: AsyncExitStack,
    pools: Pools,
    settings: Settings,
    clock: Clock,
    fetch: Fetch,
    forker: WorkerForker,
    worker: ParseWorker,
) -> Gateway:
    core = await build_core(stack, pools, settings, clock)
    uow, metrics = core.uow, core.metrics
    keys = Authenticator(pools.acting, clock, Quotas(settings.limits, metrics.quota_refused))
    mappings, files = Mappings(), parts.build_attachments(stack, uow, settings.attachments)
    alerts = AlertEndpoint(
        {source.slug: source for source in SOURCES},
        core.intake.submit,
        keys.authenticate,
        settings,
        metrics,
        clock,
        fetch,
        FetchCache(fetch, clock),
        mappings,
        AlertReader(worker),
    )
    receivers = _receivers(stack, alerts, core, files, forker)
    pings = PingService(PulseWriter(pools.acting, clock, core.intake.submit), metrics)
    reader = parts.calendar_worker(stack, forker)
    calendars = parts.build_calendar_refresh(stack, uow, reader, settings.absences)
    background = build_background(
        core, settings, files, receivers, pings.writer, mappings, calendars
    )
    context = _context(
        stack,
        core,
        settings,
        keys,
        files,
        receivers,
        _review(alerts, receivers, worker, pools.acting),
        calendars.files,
    )
    health = background.health(pools.timers)
    routes = build_routes(context, pools.reading, alerts, receivers, health, pings, settings.limits)
    apps = build_web_applications(settings, routes, health, clock, receivers, metrics, keys)
    uow.rules.warm(clock.now())
    await background.start(stack, receivers)
    smtp = await start_smtp(stack, receivers, pools.acting, keys, core.links, metrics)
    await stack.enter_async_context(
        watch_event_loop(SystemClock(), metrics.loop_lag.observe)
    )  # the loop lives by no other clock
    return Gateway(
        apps.public,
        pools.acting,
        core.intake,
        core.timers,
        core.notifier,
        health,
        uow,
        receivers.mail_intake,
        metrics,
        (worker, reader, *receivers.readers),
        smtp=smtp,
        metrics_app=apps.metrics,
    )


def _receivers(
    stack: AsyncExitStack,
    alerts: AlertEndpoint,
    core: Core,
    files: AttachmentService,
    forker: WorkerForker,
) -> Receivers:
    return build_receivers(
        stack,
        ReceiverParts(
            alerts.settings,
            files,
            core.intake.submit,
            core.metrics,
            alerts.authenticate,
            alerts.fetch,
            alerts.certificates,
            core.links,
            core.notifier.channels,
            forker,
        ),
    )


def _review(
    alerts: AlertEndpoint, receivers: Receivers, worker: ParseWorker, pool: Pool
) -> QuarantineReview:
    """Return the review of the quarantine, which reads entries again as they first were."""
    return QuarantineReview(
        Replay(
            pool,
            alerts.sources,
            alerts.settings.intake,
            alerts.submit,
            alerts.clock,
            alerts.mappings,
            receivers.releases,
            parts.build_quarantine_reader(worker),
        )
    )


def _context(
    stack: AsyncExitStack,
    core: Core,
    settings: Settings,
    keys: Authenticator,
    files: AttachmentService,
    receivers: Receivers,
    review: QuarantineReview,
    calendars: CalendarFiles,
) -> Context:
    """Return what the handlers of the API work with."""
    login = parts.login(stack, core.uow.pool, settings, core.uow.clock)
    return Context(
        core.uow,
        keys,
        login,
        parts.oidc(stack, login, settings),
        core.links,
        files,
        review,
        settings.problems,
        receivers.mail_intake.open_set_aside,
        settings.limits,
        calendars,
        SearchLimiter(max(1, settings.database.read_pool_max // 4)),
    )
