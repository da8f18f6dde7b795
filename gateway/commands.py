"""What the commands do."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import structlog

from gateway.api.connections import listening
from gateway.app import Gateway, running
from gateway.app.checking import examine, read_staff
from gateway.app.reach import unreachable
from gateway.clock import SystemClock
from gateway.db.migrate import migrate
from gateway.errors import Flaw, Misconfigured, Unavailable
from gateway.incidents import audit as audits
from gateway.operations import keys
from gateway.operations.keys import Scope
from gateway.ports import require_free
from gateway.settings import Settings
from gateway.settings.loading import Loaded, setting_path

log = structlog.get_logger()

DRAIN = 5.0
"""Seconds between /readyz turning 503 and the end of listening, so that a proxy notices first."""


async def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    server = msgspec.structs.replace(
        settings.server,
        host=options.host or settings.server.host,
        port=settings.server.port if options.port is None else options.port,
    )
    settings = msgspec.structs.replace(settings, server=server)
    url = _database(settings)
    require_free(server.host, server.port)
    if settings.metrics.host:
        require_free(settings.metrics.host, settings.metrics.port)
    if not settings.redis.url:
        log.warning("index_missing", hint="REDIS_URL is not set: PostgreSQL alone feeds the timers, which costs it more")
    if not settings.audit.key:
        log.warning("audit_key_missing", hint="set audit.key, so that nobody who can write to the database can forge a timeline")
    with named_failures(url):
        await migrate(url)
    await _warn_of_untold(settings)
    async with AsyncExitStack() as stack:
        gateway, stop = await serving(stack, settings)
        print(f"gateway: serving on {address(gateway, settings)}", file=sys.stderr, flush=True)
        await stop.wait()
        gateway.health.draining = True
        await SystemClock().sleep(DRAIN)
    return 0


def _database(settings: Settings) -> str:
    """Return the database that the settings name; raises Misconfigured, so that none is taken that nobody named."""
    if not settings.database.url:
        raise Misconfigured("DATABASE_URL is not set: set it to postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    return settings.database.url


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Give a connection to the database for one command."""
    url = _database(settings)
    with named_failures(url):
        conn = await asyncpg.connect(url, timeout=CONNECT_WITHIN)
    try:
        yield conn
    finally:
        await conn.close()


@contextmanager
def named_failures(url: str) -> Iterator[None]:
    """Say which server does not answer, without the password of its address."""
    try:
        yield
    except (OSError, TimeoutError, Unavailable) as error:
        if isinstance(error, asyncpg.PostgresError):
            raise
        named = urlsplit(url)
        where = f"{named.hostname or 'the local socket'}:{named.port or 5432}"
        said = str(error) or "no answer in time"
        raise Misconfigured(
            f"PostgreSQL at {where} does not answer ({said}): is it running, and is DATABASE_URL right?"
        ) from error


async def serving(stack: AsyncExitStack, settings: Settings) -> tuple[Gateway, asyncio.Event]:
    """Start a replica; the event is set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = await stack.enter_async_context(running(settings, SystemClock(), allow_unsafe=_unsafe_allowed()))
    gateway.addresses.extend(await stack.enter_async_context(listening(gateway.app, settings.server)))
    if gateway.metrics_app is not None:
        own = msgspec.structs.replace(settings.server, host=settings.metrics.host, port=settings.metrics.port)
        await stack.enter_async_context(listening(gateway.metrics_app, own))
    _spare_the_collector()
    return gateway, stop


def _unsafe_allowed() -> bool:
    """Return whether a PostgreSQL that may lose what it confirmed is good enough, as in tests."""
    return os.environ.get("GATEWAY_ALLOW_UNSAFE") == "1"


def _spare_the_collector() -> None:
    """What was built to last is never searched for cycles again, and requests, which make none, seldom are."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def address(gateway: Gateway, settings: Settings) -> str:
    """Where the gateway answers, as people and scripts are told it."""
    port = gateway.addresses[0][1] if gateway.addresses else settings.server.port
    return f"http://{settings.server.host}:{port}"


CONNECT_WITHIN = 10.0
"""Seconds a command waits for the database."""

ENSURE_INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET name = integration.name RETURNING id
"""


async def migrate_schema(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Apply what is missing."""
    url = _database(settings)
    with named_failures(url):
        applied = await migrate(url)
    print(f"gateway: applied {', '.join(map(str, applied))}" if applied else "gateway: the schema is up to date")
    return 0


async def check(loaded: Loaded, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Print every problem, and what could not be looked at; 2 for what `serve` refuses, 1 for whom nobody can tell."""
    found = await examine(loaded, SystemClock().now(), allow_unsafe=_unsafe_allowed())
    for note in found.notes:
        print(f"gateway: {note}")
    for unchecked in found.unchecked:
        print(f"gateway: not checked: {unchecked}")
    for title, flaws in (("the configuration cannot be used", found.problems), ("nobody can be told", found.untold)):
        if flaws:
            print_problems(title, flaws)
    if found.problems or found.untold:
        return 2 if found.problems else 1
    print("gateway: the configuration is in order")
    return 0


def print_problems(title: str, flaws: Iterable[Flaw]) -> None:
    """Print problems to people, each with the path of its setting as the file has it."""
    print(f"gateway: {title}", file=sys.stderr)
    for flaw in flaws:
        print(f"  {setting_path(flaw.pointer)}: {flaw.detail}", file=sys.stderr)


async def _warn_of_untold(settings: Settings) -> None:
    """Log whom nobody can tell: no reason not to serve, and nothing to find out from a missed incident."""
    async with _connected(settings) as conn:
        staff = await read_staff(conn)
    for flaw in unreachable(settings, staff):
        log.warning("nobody_can_be_told", setting=setting_path(flaw.pointer), problem=flaw.detail)


async def make_key(settings: Settings, options: argparse.Namespace) -> int:
    """Print a new key once."""
    scopes = frozenset(Scope(scope) for scope in options.scopes)
    if Scope.INGEST in scopes and not options.integration:
        raise Misconfigured("a key that sends alerts belongs to an integration: name it with --integration")
    async with _connected(settings) as conn:
        integration = None
        if options.integration:
            integration = await conn.fetchval(ENSURE_INTEGRATION, options.integration, options.integration)
        text, _ = await keys.create(conn, options.name, scopes, None, integration_id=integration)
    print(text)
    return 0


async def list_keys(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Print every key without its secret, and whether it still opens anything."""
    async with _connected(settings) as conn:
        found, now = await keys.everything(conn), await conn.fetchval("SELECT now()")
    for key in found:
        expired = key.expires_at is not None and key.expires_at <= now
        state = "revoked" if key.revoked_at else "expired" if expired else "valid"
        print(f"{key.id:>6}  {state:7}  {','.join(key.scopes):<24}  gwk_{key.prefix}_...  {key.person or '-'}  {key.name}")
    return 0


async def revoke_key(settings: Settings, options: argparse.Namespace) -> int:
    """End a key by the number that the list shows."""
    async with _connected(settings) as conn:
        await keys.revoke(conn, options.id, None)
    print(f"gateway: key {options.id} is revoked; every replica refuses it within five seconds")
    return 0


async def audit(settings: Settings, options: argparse.Namespace) -> int:
    """Recompute every chain; the exit status is 1 when something was tampered with."""
    async with _connected(settings) as conn:
        lines = options.seals.read_text("utf-8", errors="replace").splitlines() if options.seals else ()
        damages = await audits.verify(conn, settings.audit.key.encode(), lines)
    for damage in damages:
        print(damage)
    print(f"gateway: {len(damages)} damaged timelines" if damages else "gateway: every timeline is whole")
    return 1 if damages else 0
