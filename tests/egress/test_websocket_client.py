"""WebSockets are opened to guarded addresses only."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.egress.address_guard import AddressRefused
from gateway.egress.websocket_client import WebSocketClient


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("/echo")

    app = web.Application()
    app.router.add_get("/echo", echo)
    app.router.add_get("/elsewhere", elsewhere)
    async with TestServer(app) as server:
        yield str(server.make_url("/")).replace("http", "ws")


async def test_private_address_is_connected_to_where_it_is_allowed(address: str) -> None:
    client = WebSocketClient.open(allow_private=True)
    async with client.connect(f"{address}echo") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
    await client.close()


async def test_redirect_is_not_followed(address: str) -> None:
    client = WebSocketClient.open(allow_private=True)
    with pytest.raises(AddressRefused):
        async with client.connect(f"{address}elsewhere"):
            pass
    await client.close()


@pytest.mark.parametrize(
    "address",
    [
        "ws://gateway.example/",
        "wss://127.0.0.1/",
        "wss://10.0.0.1/",
        "wss://169.254.169.254/latest",
        "wss://user:password@gateway.example/",
        "wss://gateway.example:6379/",
        "https://gateway.example/",
        "file:///etc/passwd",
        "",
    ],
)
async def test_other_addresses_are_refused(address: str) -> None:
    client = WebSocketClient.open(allow_private=False)
    with pytest.raises(AddressRefused):
        async with client.connect(address):
            pass
    await client.close()
