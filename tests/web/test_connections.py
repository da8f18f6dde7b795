"""Slow, numerous or invalid connections do not harm other clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
import pytest
from aiohttp import web

from gateway.settings import load
from gateway.timing.durations import Duration
from gateway.web import edge
from gateway.web.connections import listening
from gateway.web.deadlines import Deadlines
from tests.support.clock import FakeClock

SHORT = Duration(milliseconds=500)
SERVER = msgspec.structs.replace(
    load(None, {}).server, port=0, head_within=SHORT, body_within=SHORT
)
GET = b"GET /fine HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def fine(request: web.Request) -> web.Response:
    return web.Response(text=f"{len(await request.read())} bytes")


async def answers(address: tuple[str, int], *pieces: bytes) -> bytes:
    """Send the pieces and return everything the server answers until it ends the connection."""
    reader, writer = await asyncio.open_connection(*address)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    said = await reader.read()
    await end(writer)
    return said


async def end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.fixture
async def address(clock: FakeClock) -> AsyncIterator[tuple[str, int]]:
    async with listening(app(clock), SERVER) as addresses:
        yield addresses[0]


def app(clock: FakeClock) -> web.Application:
    made = web.Application()
    made.add_routes(
        edge.wrap_routes(
            [web.get("/fine", fine), web.post("/fine", fine)], clock, lambda *_: None, Deadlines(60)
        )
    )
    return made


async def test_incomplete_request_heads_time_out_and_others_are_served(
    address: tuple[str, int],
) -> None:
    silent = [asyncio.create_task(answers(address)) for _ in range(100)]
    trickling = [
        asyncio.create_task(answers(address, b"GET /fine HTTP/1.1\r\nX-Slow: ")) for _ in range(100)
    ]
    kept = await asyncio.open_connection(*address)
    kept[1].write(GET)
    assert (await kept[0].readuntil(b"0 bytes")).startswith(b"HTTP/1.1 200 ")
    kept[1].write(b"GET /fi")
    assert b"200 OK" in await answers(address, LAST)
    for said in await asyncio.gather(*silent, *trickling):
        assert said.startswith(b"HTTP/1.1 408 ")
    assert (await kept[0].read()).startswith(b"HTTP/1.1 408 ")
    await end(kept[1])


async def test_incomplete_body_times_out_with_problem(address: tuple[str, int]) -> None:
    said = await answers(
        address,
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n123",
    )
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in said
    assert b"server.body_within" in said


async def test_answer_before_complete_body_logs_no_error(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"POST /missing HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n123")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
    for _ in range(2):
        await answers(address)
    await end(writer)
    assert not caplog.records


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        (b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
         b"chunked\r\n\r\n0\r\n\r\n"),
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["not_http", "long_line", "many_lines", "two_framings", "negative_length", "two_lengths",
         "nul"],
)  # fmt: skip
async def test_invalid_http_returns_problem_without_software_details(
    address: tuple[str, int], nonsense: bytes
) -> None:
    said = await answers(address, nonsense)
    assert b" 400 " in said.split(b"\r\n", 1)[0]
    assert b"application/problem+json" in said
    assert b"Server: gateway" in said
    assert b"ython" not in said
    assert b"yyyy" not in said


async def test_connections_per_address_are_limited_and_released(clock: FakeClock) -> None:
    few = msgspec.structs.replace(SERVER, connections_per_address=2)
    async with listening(app(clock), few) as addresses:
        held = [await asyncio.open_connection(*addresses[0]) for _ in range(2)]
        assert (await answers(addresses[0], GET)).startswith(b"HTTP/1.1 503 ")
        for reader, writer in held:
            writer.write(GET)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            await end(writer)
        assert (await answers(addresses[0], LAST)).startswith(b"HTTP/1.1 200 ")
