"""The serving process of `gw dev`, under a supervisor forked before the event loop starts."""

import asyncio
import os
import signal
from dataclasses import dataclass
from typing import Any

import msgspec
import uvloop

from gateway.embedded.account import remove_libpq_variables
from gateway.failures import run_reporting_errors
from gateway.serving import run_listening_replica
from gateway.settings import Settings
from gateway.supervisor.child import SupervisorPipe, die_with_parent, run_and_exit
from gateway.supervisor.parent import supervise


@dataclass(frozen=True, slots=True)
class ServerAddresses:
    """The addresses of the servers to use."""

    database: str
    redis: str


@dataclass(slots=True)
class DevelopmentServer:
    """The supervisor's process, with pipes to and from it.

    `begin` sends it the servers' addresses, `news` reports each process that serves.
    """

    pid: int
    begin: int
    news: int
    status: int | None = None
    _reader: asyncio.StreamReader | None = None

    async def serve(self, addresses: ServerAddresses) -> None:
        """Make it serve with these servers."""
        self._reader = reader = asyncio.StreamReader()
        pipe = os.fdopen(self.news, "rb", 0)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        os.write(self.begin, msgspec.json.encode(addresses))
        os.close(self.begin)

    async def next_report(self) -> dict[str, Any] | None:
        """Return ID and facts of the next process that serves, None when there will be no other."""
        assert self._reader is not None  # noqa: S101 - called only after `serve`
        line = await self._reader.readline()
        return msgspec.json.decode(line, type=dict[str, Any]) if line else None

    async def stop(self) -> int:
        """Stop it and return its exit status."""
        if self.status is None:
            os.kill(self.pid, signal.SIGTERM)
            while await self.next_report():
                pass
            _, status = os.waitpid(self.pid, 0)  # noqa: ASYNC222 - its pipe is closed: it is ending
            self.status = os.waitstatus_to_exitcode(status)
        return self.status


def fork_supervisor(settings: Settings, *, external: bool) -> DevelopmentServer:
    """Fork the supervisor, which waits for the addresses of the servers.

    It ends with this process.
    """
    begin, news, parent = os.pipe(), os.pipe(), os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(begin[1])
        os.close(news[0])
        run_and_exit(lambda: _supervise(settings, parent, begin[0], news[1], external=external))
    os.close(begin[0])
    os.close(news[1])
    return DevelopmentServer(pid, begin[1], news[0])


def _supervise(settings: Settings, parent: int, begin: int, news: int, *, external: bool) -> int:
    """Serve once the addresses of the servers arrive; 0 if `gw dev` ended before that."""
    die_with_parent(parent)
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for `gw dev`, which stops this in order
    with os.fdopen(begin, "rb") as told:
        text = told.read()
    if not text:
        return 0
    if not external:
        remove_libpq_variables(os.environ)
    at = _with_servers(settings, msgspec.json.decode(text, type=ServerAddresses))

    def served(pid: int, facts: dict[str, Any]) -> None:
        os.write(news, msgspec.json.encode({"pid": pid, **facts}) + b"\n")

    return supervise(
        lambda line: run_reporting_errors(lambda: uvloop.run(_serve(at, line))), served
    )


def _with_servers(settings: Settings, at: ServerAddresses) -> Settings:
    return msgspec.structs.replace(
        settings,
        database=msgspec.structs.replace(settings.database, url=at.database),
        redis=msgspec.structs.replace(settings.redis, url=at.redis),
    )


async def _serve(settings: Settings, line: SupervisorPipe) -> int:
    """Serve until a signal; on one machine no proxy needs time to notice the end."""
    async with run_listening_replica(settings, line) as (gateway, stop):
        await stop.wait()
        gateway.health.draining = True
    return 0
