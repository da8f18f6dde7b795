"""HTTP connections: how many one address may have, time limits, answers to malformed HTTP.

aiohttp bounds the size of a request head but not its time, so a connection that trickles one
would be held for ever.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.web_request import BaseRequest

from gateway import errors
from gateway.network.addresses import Network, is_in_networks, parse_networks
from gateway.network.ports import translate_port_errors
from gateway.settings import ServerSettings
from gateway.web import edge, problems

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
    b"Retry-After: 5\r\nContent-Length: 0\r\n\r\n"
)

SHUTDOWN_WITHIN = 5.0
"""Seconds that running requests have to end when the replica stops."""

NOT_HTTP = (
    "this is not HTTP as the gateway reads it: a head is at most 8190 bytes a line and 128 lines"
)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits on connections, and the number of open ones by address."""

    server: ServerSettings
    proxies: tuple[Network, ...] = ()
    open: Counter[str] = field(default_factory=Counter)

    def has_too_many(self, address: str) -> bool:
        """Return whether an address has too many connections; trusted proxies have no limit.

        Trusted proxies carry the connections of everybody.
        """
        return 0 < self.server.connections_per_address < self.open[address] and not is_in_networks(
            address, self.proxies
        )


class HttpConnection(web.RequestHandler):
    """One HTTP connection, with time limits on the head and the body of each request.

    Private names of aiohttp are read, none is set: tests/web/test_connections.py notices a
    change.
    """

    __slots__ = ("_address", "_body", "_body_due", "_head_due", "_limits")

    def __init__(
        self, manager: web.Server, limits: ConnectionLimits, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            manager,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # None is what turns it off
            auto_decompress=False,
            keepalive_timeout=limits.server.idle_within.total_seconds(),
        )
        self._limits, self._address = limits, ""
        self._head_due: asyncio.TimerHandle | None = None
        self._body_due: asyncio.TimerHandle | None = None
        self._body: StreamReader | None = None

    async def start(self) -> None:
        """Serve the connection, then break the reference cycle of a body and its error.

        The frames of the error that ended the body hold the data that was read.
        """
        try:
            await super().start()
        finally:
            if self._body is not None and (error := self._body.exception()) is not None:
                error.__traceback__ = error.__context__ = None
            self._body = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; refuse it over the limit, else start the time limit of its head."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self._limits.open[self._address] += 1
        if self._limits.has_too_many(self._address):
            self._refuse(TOO_MANY)
        else:
            self._await_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Remove the connection from the count and stop its timers."""
        self._limits.open[self._address] -= 1
        if not self._limits.open[self._address]:
            del self._limits.open[self._address]
        self._head_came()
        self._forget_body()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take data in, and start or stop the time limits of the request's head and body.

        A head that does not arrive in one piece has its time limit from its first byte.
        """
        heads = self._request_count
        super().data_received(data)
        if self._request_count > heads:
            self._head_came()
            self._forget_body()
            if not (body := self._messages[-1][1]).is_eof():
                self._body = body
                self._body_due = self._loop.call_later(
                    self._limits.server.body_within.total_seconds(), self._give_up, body
                )
        elif self._head_due is None and self._current_request is None:
            self._await_head()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return a problem for a request that aiohttp cannot read or finish.

        The words of aiohttp itself are left out. Raises ConnectionError when the response has
        already begun.
        """
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun: all that is left is to end the connection")
        unforeseen = exc if isinstance(exc, Exception) else RuntimeError(message)
        response = problems.make_problem_response(
            errors.Malformed(NOT_HTTP) if status < 500 else unforeseen
        )
        response.headers.update(edge.security_headers(self._limits.server.external_url))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log an error between requests, except that a peer left before its body was complete."""
        if self.transport is not None:
            super().log_exception(*args, **kw)

    def _give_up(self, body: StreamReader) -> None:
        """Fail the wait for a body that takes too long with 408 Request Timeout.

        If the request was answered without its body, aiohttp reads the rest and ends that
        itself.
        """
        if self._current_request is not None and not body.is_eof():
            body.set_exception(web.HTTPRequestTimeout())

    def _forget_body(self) -> None:
        if self._body_due is not None:
            self._body_due.cancel()
            self._body_due = None

    def _await_head(self) -> None:
        self._head_due = self._loop.call_later(
            self._limits.server.head_within.total_seconds(), self._too_slow
        )

    def _head_came(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _too_slow(self) -> None:
        self._head_due = None
        if self._current_request is None and not self._messages:
            self._refuse(TOO_SLOW)

    def _refuse(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer)
        self.force_close()


@asynccontextmanager
async def listening(
    app: web.Application, server: ServerSettings
) -> AsyncIterator[list[tuple[str, int]]]:
    """Serve the application until the context is left; yields the addresses it listens on.

    New connections are refused before running requests are ended.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_WITHIN)
    await runner.setup()
    try:
        assert runner.server is not None  # noqa: S101 - set up above
        manager, limits, loop = (
            runner.server,
            ConnectionLimits(server, parse_networks(server.trusted_proxies)),
            asyncio.get_running_loop(),
        )
        make = partial(HttpConnection, manager, limits, loop)
        with translate_port_errors(server.host, server.port):
            listener = await loop.create_server(make, server.host, server.port, backlog=1024)
        try:
            yield [socket.getsockname()[:2] for socket in listener.sockets]
        finally:
            listener.close()
    finally:
        await runner.cleanup()
