"""One replica, served by a process of its own under a supervisor until it is asked to stop."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import structlog
import uvloop

from gateway.app import Gateway, running
from gateway.app.checking import read_staff
from gateway.app.recipients import unreachable
from gateway.clock import SystemClock
from gateway.database import connected, named_database, named_failures
from gateway.db.migrate import migrate
from gateway.failures import outcome
from gateway.observe.logs import Lines
from gateway.ports import require_free, reserved
from gateway.settings import Settings
from gateway.settings.loading import setting_path
from gateway.supervisor.child import Line
from gateway.supervisor.parent import supervise
from gateway.web.connections import listening

log = structlog.get_logger()

DRAIN = 5.0
"""Seconds between /readyz turning 503 and the end of listening, so that a proxy notices first."""


def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; what can never work is refused before a process is started for it."""
    host = options.host or settings.server.host
    settings = listening_at(settings, host, settings.server.port if options.port is None else options.port)
    named_database(settings)
    require_free(host, settings.server.port)
    if settings.metrics.host:
        require_free(settings.metrics.host, settings.metrics.port)
    with reserved(host, settings.server.port) as port:
        settings = listening_at(settings, host, port)
        return supervise(lambda line: outcome(lambda: uvloop.run(_serve(settings, line))))


def listening_at(settings: Settings, host: str, port: int) -> Settings:
    """Return the settings with another place to listen at."""
    return msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, host=host, port=port))


async def _serve(settings: Settings, line: Line) -> int:
    """Bring the schema up to date, say what is missing, and serve."""
    url = named_database(settings)
    if not settings.redis.url:
        log.warning("index_missing", hint="REDIS_URL is not set: PostgreSQL alone feeds the timers, which costs it more")
    if not settings.audit.key:
        log.warning("audit_key_missing", hint="set audit.key, so that nobody who can write to the database can forge a timeline")
    with named_failures(url):
        await migrate(url)
    await _warn_of_untold(settings)
    async with serving(settings, line) as (gateway, stop):
        Lines(sys.stderr).msg(f"gateway: serving on {address(gateway, settings)}")
        await stop.wait()
        gateway.health.draining = True
        await SystemClock().sleep(DRAIN)
    return 0


async def _warn_of_untold(settings: Settings) -> None:
    """Log whom nobody can tell: no reason not to serve, and nothing to find out from a missed incident."""
    async with connected(settings) as conn:
        staff = await read_staff(conn)
    for flaw in unreachable(settings, staff):
        log.warning("nobody_can_be_told", setting=setting_path(flaw.pointer), problem=flaw.detail)


@asynccontextmanager
async def serving(settings: Settings, line: Line) -> AsyncIterator[tuple[Gateway, asyncio.Event]]:
    """A replica that listens, and whose supervisor hears that it lives; the event is set by SIGTERM and SIGINT."""
    clock, stop = SystemClock(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    beating = asyncio.create_task(line.beat(clock), name="beat")
    try:
        async with (
            running(settings, clock, allow_unsafe=unsafe_allowed(), restarts=line.restarts) as gateway,
            listening(gateway.app, settings.server) as addresses,
            _metrics_listening(gateway, settings),
        ):
            gateway.addresses.extend(addresses)
            for reader in gateway.readers:
                await reader.start()
            _spare_the_collector()
            line.serves({"url": address(gateway, settings), "smtp": smtp(gateway)})
            warming = asyncio.create_task(asyncio.to_thread(gateway.uow.rules.warm_all, clock.now()), name="calendars")
            yield gateway, stop
            warming.cancel()
    finally:
        beating.cancel()


@asynccontextmanager
async def _metrics_listening(gateway: Gateway, settings: Settings) -> AsyncIterator[None]:
    """Listen on the port of the metrics' own, where they have one."""
    if gateway.metrics_app is None:
        yield
        return
    async with listening(gateway.metrics_app, listening_at(settings, settings.metrics.host, settings.metrics.port).server):
        yield


def unsafe_allowed() -> bool:
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


def smtp(gateway: Gateway) -> str:
    """Where the gateway takes mail, "" where it does not."""
    return f"{gateway.smtp[0][0]}:{gateway.smtp[0][1]}" if gateway.smtp else ""
