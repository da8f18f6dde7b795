"""`gw dev`: start bundled servers, schema, keys and the gateway, until SIGTERM or SIGINT."""

import argparse
import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from gateway.app import Gateway
from gateway.clock import SystemClock
from gateway.commands import address, named_failures, serving
from gateway.db.migrate import migrate
from gateway.demo.play import play
from gateway.development.kept_keys import DevelopmentKeys, kept_keys
from gateway.development.ready_file import ReadyFile
from gateway.embedded.launcher import Embedded, default_state
from gateway.embedded.supervision import keep_running
from gateway.errors import Misconfigured
from gateway.ports import require_free
from gateway.settings import Settings


async def dev(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until stopped, or until the bundled servers die too often."""
    settings = _for_one_machine(settings, options.port)
    ready = ReadyFile(options.ready_file)
    state = (options.state or default_state()).absolute()
    _require_ports(settings)
    async with AsyncExitStack() as stack:
        ready.prepare()
        stack.callback(ready.remove)
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if options.external_servers:
            _require_addresses(settings)
            state.mkdir(parents=True, exist_ok=True)
        else:
            settings = await _on_embedded(stack, settings, state, failed)
        with named_failures(settings.database.url):
            await migrate(settings.database.url)
        kept = await kept_keys(settings.database.url, state)
        gateway, stop = await serving(stack, settings)
        url = address(gateway, settings)
        _announce(url, kept, state)
        ready.write(_facts(gateway, settings, url, kept))
        if options.demo:
            playing = asyncio.create_task(play(url, kept.ingest, kept.admin, SystemClock()))
            stack.callback(playing.cancel)
        await _first(stop, failed)
        gateway.health.draining = True
    return 0


def _for_one_machine(settings: Settings, port: int | None) -> Settings:
    """Return the settings with that port, and metrics that anybody on this machine may read."""
    server = settings.server if port is None else msgspec.structs.replace(settings.server, port=port)
    metrics = msgspec.structs.replace(settings.metrics, open=True)
    return msgspec.structs.replace(settings, server=server, metrics=metrics)


def _require_ports(settings: Settings) -> None:
    """Raise Misconfigured before anything is started that would have to be stopped again."""
    require_free(settings.server.host, settings.server.port)
    if settings.mail.listener.host:
        require_free(settings.mail.listener.host, settings.mail.listener.port)
    if settings.metrics.host:
        require_free(settings.metrics.host, settings.metrics.port)


def _require_addresses(settings: Settings) -> None:
    if missing := [name for name, url in _addresses(settings).items() if not url]:
        raise Misconfigured(f"--external-servers needs {' and '.join(missing)}")


def _addresses(settings: Settings) -> dict[str, str]:
    """Return the addresses of both servers from the settings, "" for those left out."""
    return {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.redis.url}


async def _on_embedded(
    stack: AsyncExitStack,
    settings: Settings,
    state: Path,
    failed: asyncio.Future[None],
) -> Settings:
    """Start the bundled servers and keep them running; `failed` gets the exception that ends it."""
    for name, url in _addresses(settings).items():
        if url:
            _say(f"{name} is not used: dev starts servers of its own (--external-servers uses it)")
    servers = await stack.enter_async_context(Embedded(state))
    watching = asyncio.create_task(keep_running(servers, SystemClock()))
    watching.add_done_callback(lambda done: _pass_on(done, failed))
    stack.callback(watching.cancel)
    return msgspec.structs.replace(
        settings,
        database=msgspec.structs.replace(settings.database, url=servers.database_url),
        redis=msgspec.structs.replace(settings.redis, url=servers.redis_url),
    )


def _pass_on(done: asyncio.Task[None], failed: asyncio.Future[None]) -> None:
    if not done.cancelled() and not failed.done() and (error := done.exception()):
        failed.set_exception(error)


async def _first(stop: asyncio.Event, failed: asyncio.Future[None]) -> None:
    """Wait until a person stops it; raises the failure that ends it otherwise."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((stopped, failed), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if failed.done():
        failed.result()


def _facts(
    gateway: Gateway,
    settings: Settings,
    url: str,
    kept: DevelopmentKeys,
) -> dict[str, str | int]:
    return {
        "url": url,
        "admin_key": kept.admin,
        "ingest_key": kept.ingest,
        "database_url": settings.database.url,
        "redis_url": settings.redis.url,
        "smtp": f"{gateway.smtp[0][0]}:{gateway.smtp[0][1]}" if gateway.smtp else "",
        "pid": os.getpid(),
    }


def _announce(url: str, kept: DevelopmentKeys, state: Path) -> None:
    alert = """{"title": "disk full", "severity": "critical"}"""
    example = f"curl -H 'Authorization: Bearer {kept.ingest}' -d '{alert}' {url}/ingest/generic"
    lines = (
        f"gateway   {url}/docs",
        f"admin     {kept.admin}",
        f"ingest    {kept.ingest}",
        f"state     {state}",
        "",
        f"try       {example}",
    )
    print("\n" + "".join(f"  {line}\n" if line else "\n" for line in lines), flush=True)


def _say(text: str) -> None:
    print(f"gateway: {text}", file=sys.stderr, flush=True)
