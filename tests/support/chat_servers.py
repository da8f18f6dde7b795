"""Fake message APIs of Slack and Feishu on this machine, which record their calls."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class ChatServer:
    """A fake chat API.

    `asked` lists method and path, token and body of each call; `answer` may override the answer
    of success.
    """

    url: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    arrived: asyncio.Queue[tuple[str, Any]] = field(default_factory=asyncio.Queue)
    answer: Callable[[str], web.Response | None] = lambda _: None

    async def next(self, name: str) -> Any:
        """Return the body of the next call whose path contains `name`; skip earlier ones."""
        async with asyncio.timeout(10):
            while True:
                path, body = await self.arrived.get()
                if name in path:
                    return body

    def calls(self, name: str) -> list[Any]:
        """Return the bodies of the calls whose method or path contains `name`."""
        return [body for path, _, body in self.asked if name in path]


async def _heard(server: ChatServer, request: web.Request) -> Any:
    body = await request.json()
    server.asked.append(
        (f"{request.method} {request.path_qs}", request.headers.get("authorization", ""), body)
    )
    server.arrived.put_nowait((request.path, body))
    return body


@asynccontextmanager
async def slack_server() -> AsyncIterator[ChatServer]:
    """Run a fake Slack; the timestamp of a posted message is its number among all calls."""
    server = ChatServer()

    async def call(request: web.Request) -> web.Response:
        body = await _heard(server, request)
        done = {"ok": True, "channel": body["channel"], "ts": f"1700000000.{len(server.asked):06}"}
        return server.answer(request.path) or web.json_response(done)

    async with _served(server, [web.post("/api/{method}", call)], "/api"):
        yield server


@asynccontextmanager
async def feishu_server() -> AsyncIterator[ChatServer]:
    """Run a fake Feishu; the ID of a sent message is its number among all calls.

    Its access tokens are numbered too.
    """
    server = ChatServer()

    async def call(request: web.Request) -> web.Response:
        body = await _heard(server, request)
        if told := server.answer(request.path):
            return told
        if "tenant_access_token" in request.path:
            return web.json_response(
                {"code": 0, "tenant_access_token": f"t-{len(server.asked)}", "expire": 7200}
            )
        assert json.loads(body["content"])["elements"]
        data = {"message_id": f"om_{len(server.asked)}", "chat_id": body.get("receive_id", "oc_1")}
        return web.json_response({"code": 0, "msg": "success", "data": data})

    async with _served(server, [web.route("*", "/open-apis/{rest:.*}", call)], ""):
        yield server


@asynccontextmanager
async def _served(server: ChatServer, routes: list[web.RouteDef], path: str) -> AsyncIterator[None]:
    app = web.Application()
    app.add_routes(routes)
    running = TestServer(app)
    await running.start_server()
    server.url = str(running.make_url(path))
    try:
        yield
    finally:
        await running.close()
