"""The `gw dev` command: start bundled servers, schema, keys and the gateway, until a signal."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from gateway.db.command_connection import translate_connection_errors
from gateway.db.migrate import migrate
from gateway.demo.play import play
from gateway.development.kept_keys import DevelopmentKeys, load_or_create_keys
from gateway.development.mailbox import (
    FOLDER,
    MailboxHandler,
    MailFolder,
    keeping_mail,
    with_mailbox,
)
from gateway.development.mailbox import HOST as MAIL_HOST
from gateway.development.ready_file import Facts, ReadyFile
from gateway.development.server import DevelopmentServer, ServerAddresses, fork_supervisor
from gateway.embedded.launcher import EmbeddedServers, default_state
from gateway.embedded.supervision import keep_running
from gateway.errors import Misconfigured
from gateway.network.ports import require_free, reserve_port
from gateway.serving import with_listen_address
from gateway.settings import Settings
from gateway.timing.clock import SystemClock

EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not listened on


def dev(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status."""
    host, port = (
        settings.server.host,
        settings.server.port if options.port is None else options.port,
    )
    settings = _open_to_this_machine(with_listen_address(settings, host, port))
    _require_ports(settings)
    if options.external_servers:
        _require_addresses(settings)
    with reserve_port(host, port) as kept, reserve_port(MAIL_HOST, 0) as mail_port:
        settings = _with_own_address(with_listen_address(settings, host, kept))
        catches_mail = not settings.notify.smtp.host
        if catches_mail:
            settings = with_mailbox(settings, mail_port)
        server = fork_supervisor(settings, external=options.external_servers)
        return uvloop.run(_dev(settings, options, server, catches_mail=catches_mail))


async def _dev(
    settings: Settings,
    options: argparse.Namespace,
    server: DevelopmentServer,
    *,
    catches_mail: bool,
) -> int:
    """Start the servers, let `server` serve with them, and keep the ready file up to date."""
    ready = ReadyFile(options.ready_file)
    state = (options.state or default_state()).absolute()
    async with AsyncExitStack() as stack:
        ready.prepare()
        stack.callback(ready.remove)
        beside: set[asyncio.Task[Any]] = set()
        if options.external_servers:
            at = ServerAddresses(settings.database.url, settings.redis.url)
            state.mkdir(parents=True, exist_ok=True)
        else:
            at, watching = await _bundled(stack, settings, state)
            beside.add(watching)
        with translate_connection_errors(at.database):
            await migrate(at.database)
        kept = await load_or_create_keys(at.database, state)
        mail = await _catch_mail(stack, settings, state) if catches_mail else ""
        beside.add(_stop_asked())
        await server.serve(at)
        stack.push_async_callback(server.stop)
        served = await server.next_report()
        if served is not None:
            _announce(served["url"], kept, state, mail)
            ready.write(_facts(served, at, kept, mail))
            beside.add(
                asyncio.create_task(
                    _follow(server, lambda news: ready.write(_facts(news, at, kept, mail)))
                )
            )
            if options.demo:
                playing = asyncio.create_task(
                    play(served["url"], kept.ingest, kept.admin, SystemClock())
                )
                stack.callback(playing.cancel)
            await _first_of(beside)
        return await server.stop()


def _open_to_this_machine(settings: Settings) -> Settings:
    """Return the settings with metrics that anybody on this machine may read."""
    return msgspec.structs.replace(
        settings, metrics=msgspec.structs.replace(settings.metrics, open=True)
    )


def _with_own_address(settings: Settings) -> Settings:
    """Return the settings with the address that is served as the one in links, if none is set."""
    if settings.server.external_url:
        return settings
    host = MAIL_HOST if settings.server.host in EVERY_ADDRESS else settings.server.host
    own = f"http://{host}:{settings.server.port}"
    return msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, external_url=own)
    )


async def _catch_mail(stack: AsyncExitStack, settings: Settings, state: Path) -> str:
    """Keep the mails that the gateway sends, until the stack ends; return their folder."""
    folder = MailFolder(state / FOLDER)
    handler = MailboxHandler(folder, settings.server.external_url, _print)
    await stack.enter_async_context(keeping_mail(handler, settings.notify.smtp.port))
    return str(folder.path)


def _stop_asked() -> "asyncio.Task[Any]":
    """Return a task that ends at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return asyncio.create_task(stop.wait())


async def _follow(server: DevelopmentServer, served: Callable[[dict[str, Any]], None]) -> None:
    """Report each process that replaces a dead one, until there is none any more."""
    while (news := await server.next_report()) is not None:
        served(news)


async def _first_of(tasks: set["asyncio.Task[Any]"]) -> None:
    """Wait until one of the tasks ends; raises its error."""
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others)
    for task in done:
        task.result()


def _require_ports(settings: Settings) -> None:
    """Raise Misconfigured for a port in use, before anything is started."""
    require_free(settings.server.host, settings.server.port)
    if settings.mail.listener.host:
        require_free(settings.mail.listener.host, settings.mail.listener.port)
    if settings.metrics.host:
        require_free(settings.metrics.host, settings.metrics.port)


def _require_addresses(settings: Settings) -> None:
    if missing := [name for name, url in _addresses(settings).items() if not url]:
        raise Misconfigured(f"--external-servers needs {' and '.join(missing)}")


def _addresses(settings: Settings) -> dict[str, str]:
    """Return the addresses of both servers from the settings, "" for a missing one."""
    return {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.redis.url}


async def _bundled(
    stack: AsyncExitStack, settings: Settings, state: Path
) -> tuple[ServerAddresses, "asyncio.Task[Any]"]:
    """Start the bundled servers; return their addresses, and the task that restarts dead ones."""
    for name, url in _addresses(settings).items():
        if url:
            _say(f"{name} is not used: dev starts servers of its own (--external-servers uses it)")
    embedded = await stack.enter_async_context(EmbeddedServers(state))
    watching = asyncio.create_task(keep_running(embedded, SystemClock()))
    stack.callback(watching.cancel)
    return ServerAddresses(embedded.database_url, embedded.redis_url), watching


def _facts(served: dict[str, Any], at: ServerAddresses, kept: DevelopmentKeys, mail: str) -> Facts:
    """Return the contents of the ready file: `pid` is the process to stop, `pids` serve.

    `mail` is the folder of the mails that are sent, "" where a relay is configured.
    """
    return {
        "url": served["url"],
        "admin_key": kept.admin,
        "ingest_key": kept.ingest,
        "database_url": at.database,
        "redis_url": at.redis,
        "smtp": served["smtp"],
        "mail": mail,
        "pid": os.getpid(),
        "pids": [served["pid"]],
    }


def _announce(url: str, kept: DevelopmentKeys, state: Path, mail: str) -> None:
    alert = """{"title": "disk full", "severity": "critical"}"""
    example = f"curl -H 'Authorization: Bearer {kept.ingest}' -d '{alert}' {url}/ingest/generic"
    lines = (
        f"gateway   {url}/docs",
        f"admin     {kept.admin}",
        f"ingest    {kept.ingest}",
        f"state     {state}",
        *([f"mail      {mail}"] if mail else []),
        "",
        f"try       {example}",
        f"shell     export GATEWAY={url} ADMIN={kept.admin} INGEST={kept.ingest}",
    )
    _print("\n" + "".join(f"  {line}\n" if line else "\n" for line in lines))


def _print(text: str) -> None:
    print(text, flush=True)


def _say(text: str) -> None:
    print(f"gateway: {text}", file=sys.stderr, flush=True)
