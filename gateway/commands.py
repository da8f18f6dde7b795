"""What the commands do."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from contextlib import AsyncExitStack

import asyncpg
import msgspec
import structlog

from gateway.api.connections import listening
from gateway.app import Gateway, running
from gateway.clock import SystemClock
from gateway.db.migrate import migrate
from gateway.db.pool import open_pool
from gateway.errors import Misconfigured
from gateway.incidents import audit as audits
from gateway.ingest.source import unused_secrets
from gateway.ingest.sources import SOURCES
from gateway.operations import keys
from gateway.operations.keys import Scope
from gateway.settings import Settings
from gateway.sla.inspection import notes_on

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
    if not settings.audit.key:
        log.warning("audit_key_missing", hint="set audit.key, so that nobody who can write to the database can forge a timeline")
    await migrate(settings.database.url)
    async with AsyncExitStack() as stack:
        gateway, stop = await serving(stack, settings)
        print(f"gateway: serving on {address(gateway, settings)}", file=sys.stderr, flush=True)
        await stop.wait()
        gateway.health.draining = True
        await SystemClock().sleep(DRAIN)
    return 0


async def serving(stack: AsyncExitStack, settings: Settings) -> tuple[Gateway, asyncio.Event]:
    """Start a replica; the event is set by SIGTERM and SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    unsafe = os.environ.get("GATEWAY_ALLOW_UNSAFE") == "1"
    gateway = await stack.enter_async_context(running(settings, SystemClock(), allow_unsafe=unsafe))
    gateway.addresses.extend(await stack.enter_async_context(listening(gateway.app, settings.server)))
    _spare_the_collector()
    return gateway, stop


def _spare_the_collector() -> None:
    """What was built to last is never searched for cycles again, and requests, which make none, seldom are."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def address(gateway: Gateway, settings: Settings) -> str:
    """Where the gateway answers, as people and scripts are told it."""
    port = gateway.addresses[0][1] if gateway.addresses else settings.server.port
    return f"http://{settings.server.host}:{port}"


ENSURE_INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET name = integration.name RETURNING id
"""


async def migrate_schema(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """Apply what is missing."""
    applied = await migrate(settings.database.url)
    print(f"gateway: applied {', '.join(map(str, applied))}" if applied else "gateway: the schema is up to date")
    return 0


async def check(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - every command's shape
    """The settings were read without a problem; see whether they can be followed and the database be used."""
    if flaws := unused_secrets({source.slug: source for source in SOURCES}, settings.intake):
        raise Misconfigured("the configuration cannot be used", flaws=flaws)
    for note in notes_on(settings, SystemClock().now()):
        print(f"gateway: {note}")
    if settings.database.url:
        pool = await open_pool(settings.database)
        pool.terminate()
    print("gateway: the configuration is in order")
    return 0


async def make_key(settings: Settings, options: argparse.Namespace) -> int:
    """Print a new key once."""
    scopes = frozenset(Scope(scope) for scope in options.scopes)
    if Scope.INGEST in scopes and not options.integration:
        raise Misconfigured("a key that sends alerts belongs to an integration: name it with --integration")
    conn = await asyncpg.connect(settings.database.url)
    try:
        integration = None
        if options.integration:
            integration = await conn.fetchval(ENSURE_INTEGRATION, options.integration, options.integration)
        text, _ = await keys.create(conn, options.name, scopes, None, integration_id=integration)
    finally:
        await conn.close()
    print(text)
    return 0


async def audit(settings: Settings, options: argparse.Namespace) -> int:
    """Recompute every chain; the exit status is 1 when something was tampered with."""
    conn = await asyncpg.connect(settings.database.url)
    try:
        lines = options.seals.read_text().splitlines() if options.seals else ()
        damages = await audits.verify(conn, settings.audit.key.encode(), lines)
    finally:
        await conn.close()
    for damage in damages:
        print(damage)
    print(f"gateway: {len(damages)} damaged timelines" if damages else "gateway: every timeline is whole")
    return 1 if damages else 0
