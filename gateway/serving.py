"""The `serve` command: one replica in a child process under a supervisor, until a signal."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import structlog
import uvloop

from gateway.app import Gateway, run_replica
from gateway.app.checking import read_staff
from gateway.app.recipients import find_unreachable
from gateway.db.command_connection import (
    database_connection,
    require_database_url,
    translate_connection_errors,
)
from gateway.db.migrate import migrate
from gateway.failures import run_reporting_errors
from gateway.network.ports import require_free, reserve_port
from gateway.observe.logs import UnbufferedLog
from gateway.settings import Settings
from gateway.settings.loading import setting_path
from gateway.supervisor.child import SupervisorPipe
from gateway.supervisor.parent import supervise
from gateway.timing.clock import SystemClock
from gateway.watch.board import CHECKS, OWED, PING, ROUND, STARTS, Board
from gateway.watch.watching import watch
from gateway.web.connections import listening

log = structlog.get_logger()

DRAIN_SECONDS = 5.0
"""Seconds between /readyz turning 503 and the end of listening, so that a proxy notices first."""


def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status.

    Raises Misconfigured for a missing database or a port in use before a process is started.
    """
    host = options.host or settings.server.host
    settings = with_listen_address(
        settings, host, settings.server.port if options.port is None else options.port
    )
    require_database_url(settings)
    require_free(host, settings.server.port)
    if settings.metrics.host:
        require_free(settings.metrics.host, settings.metrics.port)
    with reserve_port(host, settings.server.port) as port:
        settings = with_listen_address(settings, host, port)
        board = Board()
        return supervise(
            lambda line: run_reporting_errors(lambda: uvloop.run(_serve(settings, line, board))),
            lambda _pid, _facts: board.write(STARTS, board.read(STARTS) + 1),
            partial(_watch, settings, board) if settings.watch.is_on else None,
        )


def _watch(settings: Settings, board: Board) -> int:
    """Watch the gateway from beside it, until the supervisor ends this process."""
    uvloop.run(watch(settings, board, SystemClock()))
    return 0


def with_listen_address(settings: Settings, host: str, port: int) -> Settings:
    """Return the settings with another host and port to listen on."""
    return msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, host=host, port=port)
    )


async def _serve(settings: Settings, line: SupervisorPipe, board: Board) -> int:
    """Migrate the database, warn of missing settings, and serve until a signal."""
    url = require_database_url(settings)
    if not settings.redis.url:
        log.warning(
            "index_missing",
            hint="REDIS_URL is not set: PostgreSQL alone feeds the timers, which costs it more",
        )
    if not settings.audit.key:
        log.warning(
            "audit_key_missing",
            hint="set audit.key, so that nobody who can write to the database can forge a timeline",
        )
    with translate_connection_errors(url):
        await migrate(url)
    await _warn_of_unreachable(settings)
    async with run_listening_replica(settings, line) as (gateway, stop):
        gateway.metrics.watch.follow(
            partial(board.read, ROUND),
            partial(board.read, PING),
            partial(board.read, OWED),
            {check: partial(board.read, place) for check, place in CHECKS.items()},
        )
        UnbufferedLog(sys.stderr).msg(f"gateway: serving on {serving_url(gateway, settings)}")
        await stop.wait()
        gateway.health.draining = True
        await SystemClock().sleep(DRAIN_SECONDS)
    return 0


async def _warn_of_unreachable(settings: Settings) -> None:
    """Log recipients that no notification reaches.

    They are no reason not to serve, but should be known before an incident.
    """
    async with database_connection(settings) as conn:
        staff = await read_staff(conn)
    for flaw in find_unreachable(settings, staff):
        log.warning("nobody_can_be_told", setting=setting_path(flaw.pointer), problem=flaw.detail)


@asynccontextmanager
async def run_listening_replica(
    settings: Settings, line: SupervisorPipe
) -> AsyncIterator[tuple[Gateway, asyncio.Event]]:
    """Run a replica that listens and sends heartbeats to its supervisor.

    Provides the replica and an event, which SIGTERM and SIGINT set.
    """
    clock, stop = SystemClock(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    beating = asyncio.create_task(line.beat(clock), name="beat")
    try:
        async with (
            run_replica(
                settings, clock, allow_unsafe=is_unsafe_allowed(), restarts=line.restarts
            ) as gateway,
            listening(gateway.app, settings.server) as addresses,
            _metrics_listening(gateway, settings),
        ):
            gateway.addresses.extend(addresses)
            for reader in gateway.readers:
                await reader.start()
            _tune_garbage_collector()
            line.serves({"url": serving_url(gateway, settings), "smtp": smtp_address(gateway)})
            warming = asyncio.create_task(
                asyncio.to_thread(gateway.uow.rules.warm_all, clock.now()), name="calendars"
            )
            yield gateway, stop
            warming.cancel()
    finally:
        beating.cancel()


@asynccontextmanager
async def _metrics_listening(gateway: Gateway, settings: Settings) -> AsyncIterator[None]:
    """Listen on the separate port for metrics, if one is configured."""
    if gateway.metrics_app is None:
        yield
        return
    async with listening(
        gateway.metrics_app,
        with_listen_address(settings, settings.metrics.host, settings.metrics.port).server,
    ):
        yield


def is_unsafe_allowed() -> bool:
    """Return whether a PostgreSQL that may lose committed data is allowed, as in tests."""
    return os.environ.get("GATEWAY_ALLOW_UNSAFE") == "1"


def _tune_garbage_collector() -> None:
    """Exempt the objects of the start from garbage collection, and collect seldom.

    Requests make no reference cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def serving_url(gateway: Gateway, settings: Settings) -> str:
    """Return the URL of the gateway, for people and scripts."""
    port = gateway.addresses[0][1] if gateway.addresses else settings.server.port
    return f"http://{settings.server.host}:{port}"


def smtp_address(gateway: Gateway) -> str:
    """Return host and port of the SMTP listener, "" if there is none."""
    return f"{gateway.smtp[0][0]}:{gateway.smtp[0][1]}" if gateway.smtp else ""
