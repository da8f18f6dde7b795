"""Every request has one deadline.

A request that takes longer is cancelled, cleans up and is answered 503.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.untrusted.request_bodies import collect_body
from gateway.web import edge
from gateway.web.deadlines import Deadlines, extend_deadline
from tests.support.clock import FakeClock

Client = TestClient[web.Request, web.Application]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
USUAL = 0.1


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[tuple[Client, list[tuple[str, int]]]]:
    told: list[tuple[str, int]] = []
    deadlines = Deadlines(USUAL)
    app = web.Application()
    route = web.post("/thing", handler)

    def answered(route: str, _method: str, status: int, _seconds: float) -> None:
        told.append((route, status))

    app.add_routes(edge.wrap_routes([route], FakeClock(), answered, deadlines))
    async with TestClient(TestServer(app)) as client:
        yield client, told


async def test_request_over_deadline_is_cancelled_and_returns_503() -> None:
    ended: list[str] = []

    async def stuck(_: web.Request) -> web.Response:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")
        return web.Response()

    async with serving(stuck) as (client, told):
        answer = await client.post("/thing")
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["type"], told) == (
        503,
        "/problems/unavailable",
        [("/thing", 503)],
    )
    assert 1 <= int(answer.headers["Retry-After"]) <= 5
    assert ended == ["cleaned up"]


async def test_requests_within_deadline_are_not_cancelled() -> None:
    slow = asyncio.Event()

    async def quick(request: web.Request) -> web.Response:
        if request.query.get("slow"):
            await slow.wait()
        return web.Response(text="done")

    async with serving(quick) as (client, _):
        late = asyncio.create_task(client.post("/thing?slow=1"))
        for _ in range(3):
            assert (await client.post("/thing")).status == 200
        assert (await late).status == 503
        for _ in range(3):
            assert (await client.post("/thing")).status == 200


async def test_body_upload_time_is_not_counted() -> None:
    sent = asyncio.Event()

    async def reading(request: web.Request) -> web.Response:
        body = await collect_body(request, 100, lambda _: None)
        if body == b"begin end":
            return web.Response(text="whole")
        await asyncio.Event().wait()
        return web.Response()

    async def body(last: bytes) -> AsyncIterator[bytes]:
        yield b"begin "
        await asyncio.wait_for(sent.wait(), 5)
        yield last

    async with serving(reading) as (client, _):
        for last, status in ((b"end", 200), (b"stuck", 503)):
            sent.clear()
            asyncio.get_running_loop().call_later(3 * USUAL, sent.set)
            assert (await client.post("/thing", data=body(last))).status == status


async def test_unread_body_does_not_extend_deadline() -> None:
    begun = asyncio.Event()

    async def asking_first(_: web.Request) -> web.Response:
        begun.set()
        await asyncio.Event().wait()
        return web.Response()

    async with serving(asking_first) as (client, _):
        assert client.port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(b"POST /thing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        line = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    assert begun.is_set()
    assert line.startswith(b"HTTP/1.1 503")


async def test_handler_may_extend_deadline_but_not_forever() -> None:
    waiting = asyncio.Event()

    async def polling(request: web.Request) -> web.Response:
        extend_deadline(2 * USUAL)
        if request.query.get("for_ever"):
            await asyncio.Event().wait()
        await waiting.wait()
        return web.Response(text="news")

    async with serving(polling) as (client, _):
        asyncio.get_running_loop().call_later(2 * USUAL, waiting.set)
        assert (await client.post("/thing")).status == 200
        assert (await client.post("/thing?for_ever=1")).status == 503


async def test_externally_cancelled_request_is_not_answered_503() -> None:
    begun: asyncio.Queue[asyncio.Task[Any] | None] = asyncio.Queue()

    async def ended(_: web.Request) -> web.Response:
        begun.put_nowait(asyncio.current_task())
        await asyncio.Event().wait()
        return web.Response()

    deadlines, outcome = Deadlines(60), ""
    app = web.Application()
    app.add_routes([web.post("/thing", deadlines.bounded(ended))])
    async with TestClient(TestServer(app)) as client:
        asked = asyncio.create_task(client.post("/thing"))
        task = await begun.get()
        assert task is not None
        task.cancel()
        try:
            await asked
        except Exception as error:  # noqa: BLE001 - the connection ends without an answer
            outcome = type(error).__name__
    assert outcome == "ServerDisconnectedError"
