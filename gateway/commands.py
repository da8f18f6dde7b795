"""What the commands do."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import msgspec
import structlog

from gateway.api.connections import listening
from gateway.app import Gateway, running
from gateway.clock import SystemClock
from gateway.db.migrate import migrate
from gateway.db.pool import open_pool
from gateway.demo.play import play
from gateway.embedded.launcher import Embedded, default_state
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
        gateway, stop = await _serving(stack, settings)
        print(f"gateway: serving on {address(gateway, settings)}", file=sys.stderr, flush=True)
        await stop.wait()
        gateway.health.draining = True
        await SystemClock().sleep(DRAIN)
    return 0


async def _serving(stack: AsyncExitStack, settings: Settings) -> tuple[Gateway, asyncio.Event]:
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


async def dev(settings: Settings, options: argparse.Namespace) -> int:
    """Bundled servers unless both URLs are set, schema, keys, and the gateway, until SIGTERM or SIGINT."""
    async with AsyncExitStack() as stack:
        settings = await _on_servers(stack, settings, options)
        await migrate(settings.database.url)
        admin, ingest = await _dev_keys(settings.database.url)
        gateway, stop = await _serving(stack, settings)
        url = address(gateway, settings)
        _announce(url, admin, ingest)
        if options.ready_file:
            _write_ready(options.ready_file, settings, url, admin, ingest, _smtp(gateway))
        if options.demo:
            playing = asyncio.create_task(play(url, ingest, admin, SystemClock()))
            stack.callback(playing.cancel)
        await stop.wait()
        gateway.health.draining = True
    return 0


async def _on_servers(stack: AsyncExitStack, settings: Settings, options: argparse.Namespace) -> Settings:
    if not (settings.database.url and settings.redis.url):
        servers = await stack.enter_async_context(Embedded(options.state or default_state()))
        settings = msgspec.structs.replace(
            settings,
            database=msgspec.structs.replace(settings.database, url=servers.database_url),
            redis=msgspec.structs.replace(settings.redis, url=servers.redis_url),
        )
    port = settings.server.port if options.port is None else options.port
    return msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, port=port))


async def _dev_keys(url: str) -> tuple[str, str]:
    """A fresh admin key and ingest key; those of earlier runs are revoked."""
    conn = await asyncpg.connect(url)
    try:
        async with conn.transaction():
            integration = await conn.fetchval(ENSURE_INTEGRATION, "default", "Default integration")
            await conn.execute(REVOKE_NAMED, ["dev admin", "dev ingest"])
            admin, _ = await keys.create(conn, "dev admin", frozenset({Scope.ADMIN}), None, integration_id=integration)
            scopes = frozenset({Scope.INGEST, Scope.READ})
            ingest, _ = await keys.create(conn, "dev ingest", scopes, None, integration_id=integration)
            return admin, ingest
    finally:
        await conn.close()


ENSURE_INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET name = integration.name RETURNING id
"""

REVOKE_NAMED = "UPDATE api_key SET revoked_at = statement_timestamp() WHERE name = ANY($1::text[]) AND revoked_at IS NULL"


def _announce(url: str, admin: str, ingest: str) -> None:
    example = (
        f"""curl -H 'Authorization: Bearer {ingest}' -d '{{"title": "disk full", "severity": "critical"}}' {url}/ingest/generic"""
    )
    print(f"\n  gateway   {url}/docs\n  admin     {admin}\n  ingest    {ingest}\n\n  try       {example}\n", flush=True)


def _smtp(gateway: Gateway) -> str:
    """Where mail is taken, "" where it is not."""
    return f"{gateway.smtp[0][0]}:{gateway.smtp[0][1]}" if gateway.smtp else ""


def _write_ready(path: Path, settings: Settings, url: str, admin: str, ingest: str, smtp: str) -> None:
    """In one step, so that whoever waits for the file never reads half of it."""
    ready = {
        "url": url,
        "admin_key": admin,
        "ingest_key": ingest,
        "database_url": settings.database.url,
        "redis_url": settings.redis.url,
        "smtp": smtp,
        "pid": os.getpid(),
    }
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(ready))
    temporary.replace(path)


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
