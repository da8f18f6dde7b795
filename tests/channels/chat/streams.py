"""A fake of a vendor that gateways connect to: the call for an address, and a WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer


@dataclass
class StreamServer:
    """The vendor: what it answers to the call for an address, and the connections it has.

    `socket_url` stands in place of WS in the answer.
    """

    answer: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    asked: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    sockets: asyncio.Queue[web.WebSocketResponse] = field(default_factory=asyncio.Queue)
    arrived: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def opened(self, request: web.Request) -> web.Response:
        token = request.headers.get("authorization", "")
        self.asked.append((await request.json(), token))
        return web.json_response(_filled(self.answer, f"{self.url.replace('http', 'ws')}/socket"))

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        self.queries.append(request.query_string)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.put_nowait(socket)
        async for message in socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.arrived.put_nowait(message.data)
        self.left.set()
        return socket

    async def connected(self) -> web.WebSocketResponse:
        """Return the next connection."""
        async with asyncio.timeout(10):
            return await self.sockets.get()

    async def next(self) -> Any:
        """Return the next frame that arrives."""
        async with asyncio.timeout(10):
            return await self.arrived.get()


def _filled(value: Any, address: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, address) for name, one in value.items()}
    return value.replace("WS", address) if isinstance(value, str) else value


@asynccontextmanager
async def stream_server(path: str, answer: dict[str, Any]) -> AsyncIterator[StreamServer]:
    """Run a vendor whose address is asked for at `path`."""
    server, app = StreamServer(answer), web.Application()
    app.router.add_post(path, server.opened)
    app.router.add_get("/socket", server.socket)
    async with TestServer(app) as running:
        server.url = str(running.make_url("")).rstrip("/")
        yield server
