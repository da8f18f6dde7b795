"""The composition root: builds the graph of one replica, runs it, and stops it in order."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.api import edge, routes
from gateway.api.auth import Keys
from gateway.api.compat_alertmanager import AlertmanagerReads
from gateway.api.context import Context
from gateway.api.health import Health
from gateway.api.openapi import build_docs
from gateway.catalogue.live import Catalogue
from gateway.clock import Clock, SystemClock
from gateway.db.pool import SERVER_SETTINGS, Pool, acquire, open_pool
from gateway.dedup.commit import Committer
from gateway.dedup.intake import Intake
from gateway.dedup.opening import Openings
from gateway.dedup.promotion import EVERY as PROMOTE_EVERY
from gateway.dedup.promotion import Promotion
from gateway.dedup.records import Records
from gateway.files.disk import DiskStore
from gateway.files.s3 import S3Store
from gateway.files.store import EVERY as SWEEP_EVERY
from gateway.files.store import Place, Store, Stores
from gateway.incidents import store
from gateway.incidents.custom import Fields
from gateway.ingest.fetching import Fetcher, Kept
from gateway.ingest.http import Fetch, FrontDoor
from gateway.ingest.pings import Pings
from gateway.ingest.replay import Replay
from gateway.ingest.routes import intake_routes
from gateway.ingest.sources import SOURCES
from gateway.metrics import Metrics
from gateway.monitors.model import NAMESPACE as PING
from gateway.monitors.pulse import EVERY as EXPIRE_MONITORS_EVERY
from gateway.monitors.pulse import Pulse
from gateway.notify.channels.person import PersonChannel
from gateway.notify.channels.smtp import SmtpChannel
from gateway.notify.channels.webhook import WebhookChannel
from gateway.notify.message import Channel
from gateway.notify.runner import Runner as Telling
from gateway.observers import IntakeObserver, TimerObserver
from gateway.operations import hand_over, orphans, undelivered
from gateway.operations.attach import Filing, Quota
from gateway.operations.attempts import Limits
from gateway.operations.desk import Armed, Desk
from gateway.operations.firing import Effects
from gateway.operations.identity_provider import IdentityProvider
from gateway.operations.login import Login
from gateway.operations.oidc import OidcLogin
from gateway.operations.passwords import Passwords
from gateway.operations.redating import Redating
from gateway.operations.reporter_links import ReporterLinks, secrets_of
from gateway.opsgenie.alerts import Alerts
from gateway.opsgenie.heartbeats import Heartbeats
from gateway.opsgenie.pulse import EVERY as EXPIRE_EVERY
from gateway.opsgenie.pulse import Expiry
from gateway.settings import Attachments, Settings
from gateway.sla.index import Index, connect
from gateway.sla.runner import Runner as Timers
from gateway.upkeep import Round, Upkeep
from gateway.watchdog import watched

log = structlog.get_logger()

BY_KEY = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "plan_cache_mode": "force_generic_plan"}
"""For connections that only ever look rows up by key: a fresh or fast-growing table has no statistics to plan by."""

WRITER = {**SERVER_SETTINGS, **BY_KEY, "application_name": "gateway intake", "synchronous_commit": "on"}
NUMBERS = {**SERVER_SETTINGS, "application_name": "gateway numbers", "synchronous_commit": "off"}
"""Numbers are reserved on a connection of their own, see `store.reserve`."""

RESERVED = 4
"""Connections that only timers and health checks use, so that no crowd of requests can stop a clock."""

ANSWER_WITHIN = 2.5
"""Seconds the writer waits for an answer of the database."""

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running replica."""

    app: web.Application
    pool: Pool
    intake: Intake
    timers: Timers
    health: Health
    desk: Desk
    addresses: list[Any] = field(default_factory=list)


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock, *, allow_unsafe: bool = False, fetch: Fetch | None = None
) -> AsyncIterator[Gateway]:
    """Everything a replica needs, running; stopped in the opposite order of its start. `fetch` asks the world for it."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database, allow_unsafe=allow_unsafe)
        stack.callback(pool.terminate)
        reserved = msgspec.structs.replace(settings.database, pool_min=1, pool_max=RESERVED)
        timer_pool = await open_pool(reserved, allow_unsafe=allow_unsafe, settings={**SERVER_SETTINGS, **BY_KEY})
        stack.callback(timer_pool.terminate)
        yield await _assemble(stack, pool, timer_pool, settings, clock, fetch or _fetch(stack))


async def _assemble(
    stack: AsyncExitStack, pool: Pool, timer_pool: Pool, settings: Settings, clock: Clock, fetch: Fetch
) -> Gateway:
    sources = {source.slug: source for source in SOURCES}
    metrics = Metrics(CollectorRegistry(), [*sources, PING])
    metrics.build.labels(VERSION).set(1)
    catalogue = Catalogue(settings)
    rules, key = catalogue.rules, settings.audit.key.encode()
    reserve = Numbers(settings.database.url)
    stack.callback(reserve.close)
    telling = Telling(
        pool=pool,
        channels=_channels(stack, pool, settings, clock),
        metrics=metrics,
        clock=clock,
        locale=settings.notify.locale,
        external_url=settings.server.external_url,
    )
    timers = await _timers(stack, timer_pool, settings, clock, Effects(rules, key), TimerObserver(metrics, telling.wake.set))
    committer = Committer(clock, settings.dedup, Records(Openings(settings, rules, catalogue), reserve, clock, key))
    observer = IntakeObserver(metrics, timers.note_armed, telling.wake.set)
    intake = Intake(lambda: _connect(settings.database.url, WRITER), committer, clock, settings.server, observer)
    fields = Fields.from_settings(settings.fields)
    desk = Desk(pool, clock, rules, key, reserve, partial(_changed, timers, telling), catalogue, fields)
    keys = Keys(pool, clock)
    door = FrontDoor(sources, intake.submit, keys.authenticate, settings, metrics, clock, fetch, Kept(fetch, clock).get)
    replay = Replay(pool, sources, settings.intake, intake.submit, clock)
    health = Health(timer_pool, lambda: timers.healthy, lambda: intake.alive)
    app = web.Application(client_max_size=settings.server.max_body_bytes)
    alertmanager = AlertmanagerReads(pool, keys, health.readyz, VERSION, clock.now())
    login = _login(stack, pool, settings, clock)
    links, filing = await _links(pool, settings, clock), _filing(stack, desk, settings.attachments)
    context = Context(desk, keys, login, _oidc(stack, login, settings), links, filing, replay, settings.problems)
    opsgenie = [*Alerts(door, desk).routes(), *Heartbeats(door, pool, clock).routes()]
    definitions = [*intake_routes(door), *alertmanager.routes(), *routes.build(context), *build_docs(), *health.routes(metrics)]
    pulse = Pulse(pool, clock, intake.submit, metrics)
    definitions += [*opsgenie, *Pings(pulse, keys.authenticate).routes()]
    app.add_routes(edge.doors(definitions, clock, metrics.answered))
    rules.warm(clock.now())
    rounds = (*_rounds(desk, intake, filing, settings.dedup.reopen_within), (EXPIRE_MONITORS_EVERY, pulse.run_once))
    upkeep = Upkeep(pool, settings, clock, metrics, rules, key, rounds)
    await upkeep.housekeeping()
    await catalogue.refresh(pool, clock.stamp())
    _start(stack, catalogue.run(pool, clock), "catalogue")
    _start(stack, telling.run(), "telling")
    _start(stack, upkeep.run(), "upkeep")
    _start(stack, Redating(desk).run(), "redating")
    await _start_timers(stack, timers)
    await _start_intake(stack, intake)
    await stack.enter_async_context(watched(SystemClock(), metrics.loop_lag.observe))  # the loop lives by no other clock
    return Gateway(app, pool, intake, timers, health, desk)


def _fetch(stack: AsyncExitStack) -> Fetch:
    fetcher = Fetcher()
    stack.push_async_callback(fetcher.close)
    return fetcher.get


def _login(stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock) -> Login:
    passwords = Passwords()
    stack.callback(passwords.close)
    return Login(pool, clock, passwords, Limits(settings.login.attempts, settings.login.window), settings.login.session)


def _filing(stack: AsyncExitStack, desk: Desk, files: Attachments) -> Filing:
    stores: dict[Place, Store] = {}
    if files.path:
        stores[Place.DISK] = DiskStore(Path(files.path))
    if files.s3.endpoint:
        stores[Place.S3] = bucket = S3Store(files.s3, desk.clock)
        stack.push_async_callback(bucket.close)
    chosen = {"database": Place.PARTS, "disk": Place.DISK, "s3": Place.S3}[files.store]
    quota = Quota(files.max_bytes, files.max_files, files.max_record_bytes, files.max_link_files)
    return Filing(desk, Stores(desk.pool, chosen, stores), quota)


async def _links(pool: Pool, settings: Settings, clock: Clock) -> ReporterLinks:
    async with acquire(pool) as conn:
        secrets = await secrets_of(conn, settings.links.secret, token_bytes(32), clock.stamp())
    return ReporterLinks(secrets, settings.links.valid)


def _oidc(stack: AsyncExitStack, login: Login, settings: Settings) -> OidcLogin | None:
    oidc = settings.login.oidc
    if not oidc.issuer:
        return None
    provider = IdentityProvider(oidc, login.clock)
    stack.push_async_callback(provider.close)
    back = oidc.redirect_url or settings.server.external_url.rstrip("/") + "/api/v1/login/oidc/callback"
    return OidcLogin(login, provider, oidc, back)


def _rounds(desk: Desk, intake: Intake, filing: Filing, grace: timedelta) -> tuple[Round, ...]:
    """What any replica does again and again, and the seconds between."""
    pool, clock = desk.pool, desk.clock
    return (
        (PROMOTE_EVERY, Promotion(pool, clock, intake.submit).run_once),
        (EXPIRE_EVERY, Expiry(pool, clock, intake.submit).run_once),
        (hand_over.EVERY, partial(hand_over.make_lists, desk)),
        (undelivered.EVERY, partial(undelivered.note_undelivered, desk)),
        (orphans.EVERY, partial(orphans.release, desk, grace)),
        (SWEEP_EVERY, lambda: filing.stores.sweep(clock.now())),
    )


def _changed(timers: Timers, telling: Telling, armed: Sequence[Armed]) -> None:
    """After people's changes, as after intake's: the wheel learns of timers, and nobody who is told of them waits for a poll."""
    timers.note_armed(armed)
    telling.wake.set()


class Numbers:
    """Reserves ids and numbers on its own connection, opened when first needed and again when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: asyncpg.Connection[Any] | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, count: int, stamp: Any) -> store.Reserved:
        """As `store.reserve`."""
        async with self._turn:
            if self._conn is None or self._conn.is_closed():
                self._conn = await _connect(self._url, NUMBERS)
            try:
                return await store.reserve(self._conn, count, stamp)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Drop the connection."""
        if self._conn is not None:
            self._conn.terminate()
            self._conn = None


async def _connect(url: str, settings: dict[str, str]) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(url, timeout=ANSWER_WITHIN, command_timeout=ANSWER_WITHIN, server_settings=settings)


def _channels(stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock) -> dict[str, Channel]:
    webhook = WebhookChannel.open(settings.notify.webhook, clock)
    stack.push_async_callback(webhook.close)
    channels: dict[str, Channel] = {"webhook": webhook}
    if settings.notify.smtp.host:
        channels["smtp"] = mail = SmtpChannel(settings.notify.smtp)
        channels["person"] = PersonChannel(pool, mail, settings.server.external_url)
    return channels


async def _timers(
    stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock, effects: Effects, observer: TimerObserver
) -> Timers:
    index = None
    if settings.redis.url:
        index = Index(connect(settings.redis.url), clock)
        stack.push_async_callback(index.close)
    return Timers(pool=pool, fire=effects.fire, clock=clock, index=index, replica=uuid4(), observer=observer)


def _start(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)

    async def stop() -> None:
        task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(stop)


async def _start_timers(stack: AsyncExitStack, timers: Timers) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(timers.run(stop), name="timers")
    task.add_done_callback(_report)

    async def end() -> None:
        stop.set()
        await asyncio.wait({task}, timeout=5)

    stack.push_async_callback(end)


async def _start_intake(stack: AsyncExitStack, intake: Intake) -> None:
    task = asyncio.create_task(intake.run(), name="intake")
    task.add_done_callback(_report)

    async def end() -> None:
        intake.close()
        await asyncio.wait({task}, timeout=5)

    stack.push_async_callback(end)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task_died", task=task.get_name(), exc_info=error)
