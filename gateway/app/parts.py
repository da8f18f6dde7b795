"""Construction of the parts of a replica that need more than their constructor."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import msgspec

from gateway.access.attempts import LoginLimits
from gateway.access.identity_provider import IdentityProvider
from gateway.access.login import LoginService
from gateway.access.oidc import OidcLogin
from gateway.access.passwords import Passwords
from gateway.access.reporter_links import ReporterLinks, load_link_secrets
from gateway.app.observers import TimerObserver
from gateway.db.pool import SERVER_SETTINGS, Pool, acquire
from gateway.egress.downloads import Downloader
from gateway.egress.fetching import Fetcher
from gateway.egress.guarded_calls import make_guard
from gateway.files.disk import DiskStore
from gateway.files.s3 import S3Store
from gateway.files.store import FilePlace, FileStore, FileStores
from gateway.incidents import store
from gateway.ingest.http import Fetch
from gateway.ingest.replay import FunctionRunner
from gateway.ingest.workers.forker import WorkerForker
from gateway.ingest.workers.process import ParseWorker
from gateway.observe.metric_labels import BodyCaller
from gateway.observe.metrics import Metrics
from gateway.operations.attach import AttachmentQuota, AttachmentService
from gateway.operations.calendars.imports import CPU_SECONDS as CALENDAR_CPU_SECONDS
from gateway.operations.calendars.imports import CalendarFiles, CalendarRefresh
from gateway.operations.firing import TimerEffects
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import (
    AbsenceSettings,
    AttachmentSettings,
    Database,
    ServerSettings,
    Settings,
)
from gateway.sla.timers.index import TimerIndex, connect
from gateway.sla.timers.runner import TimerRunner as Timers
from gateway.timing.clock import Clock
from gateway.untrusted.request_bodies import Budget, Budgets

T = TypeVar("T")

KEY_LOOKUP_SETTINGS = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""PostgreSQL settings for connections that only look up rows by key.

A fresh or fast-growing table has no statistics to plan by.
"""

WRITER_SETTINGS = {
    **SERVER_SETTINGS,
    **KEY_LOOKUP_SETTINGS,
    "application_name": "gateway intake",
    "synchronous_commit": "on",
}
NUMBER_SETTINGS = {
    **SERVER_SETTINGS,
    "application_name": "gateway numbers",
    "synchronous_commit": "off",
}
"""PostgreSQL settings of the connection that reserves record numbers, see `store.reserve`."""

READ_SETTINGS = {
    **SERVER_SETTINGS,
    "application_name": "gateway reads",
    "default_transaction_read_only": "on",
}

QUARANTINE_SECONDS = 2.0
"""Seconds of processor time for parsing one quarantined body again."""

ANSWER_WITHIN = 2.5
"""Seconds the intake writer waits for an answer of the database."""


def open_fetch(stack: AsyncExitStack) -> Fetch:
    """Return the HTTP client for certificates and keys that signatures are verified with."""
    fetcher = Fetcher()
    stack.push_async_callback(fetcher.close)
    return fetcher.get


def login(stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock) -> LoginService:
    """Return the login by password."""
    passwords = Passwords()
    stack.callback(passwords.close)
    return LoginService(
        pool,
        clock,
        passwords,
        LoginLimits(settings.login.attempts, settings.login.window),
        settings.login.session,
    )


def build_attachments(
    stack: AsyncExitStack, uow: UnitOfWork, files: AttachmentSettings
) -> AttachmentService:
    """Return the storage of attachments that the settings choose."""
    stores: dict[FilePlace, FileStore] = {}
    if files.path:
        stores[FilePlace.DISK] = DiskStore(Path(files.path))
    if files.s3.endpoint:
        stores[FilePlace.S3] = bucket = S3Store(files.s3, uow.clock)
        stack.push_async_callback(bucket.close)
    chosen = {"database": FilePlace.PARTS, "disk": FilePlace.DISK, "s3": FilePlace.S3}[files.store]
    quota = AttachmentQuota(
        files.max_bytes, files.max_files, files.max_record_bytes, files.max_link_files
    )
    return AttachmentService(uow, FileStores(uow.pool, chosen, stores), quota)


def build_budgets(server: ServerSettings, metrics: Metrics) -> Budgets:
    """Return the memory budgets for request bodies that are being read.

    One address may use half of the budget for authenticated callers.
    """
    known, stranger = (metrics.bodies_refused.labels(one.value).inc for one in BodyCaller)
    each = max(server.body_bytes // 2, server.max_body_bytes)
    return Budgets(
        strangers=Budget(server.stranger_bytes, server.stranger_bytes_per_address, stranger),
        known=Budget(server.body_bytes, each, known),
    )


def forker(stack: AsyncExitStack) -> WorkerForker:
    """Return the starter of worker processes for parsing; it ends with `stack`."""
    made = WorkerForker()
    stack.callback(made.close)
    return made


def alert_worker(stack: AsyncExitStack, forker: WorkerForker) -> ParseWorker:
    """Return the process that parses alert requests; it ends with `stack`."""
    worker = ParseWorker("alerts", forker, waiting_each=4)
    stack.push_async_callback(worker.close)
    return worker


def calendar_worker(stack: AsyncExitStack, forker: WorkerForker) -> ParseWorker:
    """Return the process that reads calendars of people; it ends with `stack`."""
    worker = ParseWorker("calendars", forker)
    stack.push_async_callback(worker.close)
    return worker


def build_calendar_refresh(
    stack: AsyncExitStack, uow: UnitOfWork, worker: ParseWorker, settings: AbsenceSettings
) -> CalendarRefresh:
    """Return the reading of the calendars that people named, by the process `worker`."""
    guard = make_guard(allow_private=settings.allow_private)
    files = CalendarFiles(partial(worker.call, "calendars", CALENDAR_CPU_SECONDS), guard)
    downloader = Downloader(guard)
    stack.push_async_callback(downloader.close)
    return CalendarRefresh(uow, files, downloader, settings.read_every)


def build_quarantine_reader(worker: ParseWorker) -> FunctionRunner:
    """Return the function that parses quarantined items in the parser's process, for people."""
    return partial(worker.call, "quarantine", QUARANTINE_SECONDS)


async def load_reporter_links(pool: Pool, settings: Settings, clock: Clock) -> ReporterLinks:
    """Return the links for reporters, signed with the configured secret or one of the database."""
    async with acquire(pool) as conn:
        secrets = await load_link_secrets(
            conn, settings.links.secret, token_bytes(32), clock.stamp()
        )
    return ReporterLinks(secrets, settings.links.valid, settings.server.external_url)


def oidc(stack: AsyncExitStack, login: LoginService, settings: Settings) -> OidcLogin | None:
    """Return the login by OpenID Connect, or None if no identity provider is configured."""
    oidc = settings.login.oidc
    if not oidc.issuer:
        return None
    provider = IdentityProvider(oidc, login.clock)
    stack.push_async_callback(provider.close)
    back = (
        oidc.redirect_url
        or settings.server.external_url.rstrip("/") + "/api/v1/login/oidc/callback"
    )
    return OidcLogin(login, provider, oidc, back)


def read_pool_settings(database: Database) -> tuple[Database, dict[str, str]]:
    """Return size and PostgreSQL settings of the pool for requests that only read.

    Its connections cannot write, and PostgreSQL ends statements that take too long.
    """
    own = msgspec.structs.replace(database, pool_min=1, pool_max=database.read_pool_max)
    return own, READ_SETTINGS | {
        "statement_timeout": f"{round(database.read_within.total_seconds() * 1000)}ms"
    }


class NumberReserver:
    """A reserver of IDs and record numbers, on a connection of its own.

    It is opened when first needed, and again when it was lost.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: asyncpg.Connection[Any] | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, count: int, stamp: Any) -> store.Reserved:
        """Reserve `count` IDs and numbers, like `store.reserve`."""
        async with self._turn:
            if self._conn is None or self._conn.is_closed():
                self._conn = await open_connection_with(self._url, NUMBER_SETTINGS)
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


async def open_connection_with(url: str, settings: dict[str, str]) -> "asyncpg.Connection[Any]":
    """Open a connection with a short time limit for answers; raises the errors of asyncpg."""
    return await asyncpg.connect(
        url, timeout=ANSWER_WITHIN, command_timeout=ANSWER_WITHIN, server_settings=settings
    )


async def build_timer_runner(
    stack: AsyncExitStack,
    pool: Pool,
    settings: Settings,
    clock: Clock,
    effects: TimerEffects,
    observer: TimerObserver,
) -> Timers:
    """Return the timer runner, with an index if Redis is configured."""
    index = None
    if settings.redis.url:
        index = TimerIndex(connect(settings.redis.url), clock)
        stack.push_async_callback(index.close)
    return Timers(
        pool=pool, fire=effects.fire, clock=clock, index=index, replica=uuid4(), observer=observer
    )
