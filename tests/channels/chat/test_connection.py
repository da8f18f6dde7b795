"""A gateway without a public address hears chats over connections that it opens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from gateway.channels.chat import connection
from gateway.channels.chat.connection import ChatConnection
from gateway.channels.chat.frames import Beat, ChatFrame, ControlFrame, Frame
from gateway.channels.chat.handler import ChatHandler
from gateway.channels.chat.intake import ChatIntake
from gateway.channels.chat.setup import chat_connections
from gateway.channels.opening import ChannelParts
from gateway.channels.report_service import ReportService
from gateway.db.pool import Pool
from gateway.egress.websocket_client import WebSocketClient
from gateway.errors import Malformed
from gateway.notify.message import Retry
from gateway.notify.press_tokens import PressTokens
from gateway.observe.metrics import Metrics
from gateway.settings import ChatSettings, Database, load
from gateway.settings.notify import VendorTables
from tests.channels.chat.slack_calls import a_message
from tests.channels.chat.slack_steps import SIGNING
from tests.channels.chat.streams import StreamServer, stream_server
from tests.support.clock import FakeClock
from tests.support.served import RunningGateway, served

SLACK = {"ok": True, "url": "WS?ticket=s3cret"}


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    async with stream_server("/api/apps.connections.open", SLACK) as running:
        yield running


@pytest.fixture
async def gateway(server: StreamServer, database_url: str) -> AsyncIterator[RunningGateway]:
    """A gateway that listens to Slack."""
    plain = load(None, {})
    slack = {"api": f"{server.url}/api", "app_token": "xapp-1", "allow_private": True}
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        chat={"slack": ChatSettings(mode="stream", service="workplace")},
        vendors=VendorTables({"slack": slack}),
        links=msgspec.structs.replace(plain.links, secret=SIGNING),
    )
    async with served(settings) as running:
        yield running


def envelope(number: int, payload: bytes) -> str:
    told = {"type": "events_api", "envelope_id": f"e{number}", "payload": json.loads(payload)}
    return json.dumps(told)


async def test_message_becomes_record_before_it_is_acknowledged(
    gateway: RunningGateway, server: StreamServer
) -> None:
    socket = await server.connected()
    assert server.queries == ["ticket=s3cret"]
    await socket.send_str('{"type": "hello"}')
    await socket.send_str(envelope(1, a_message("report the printer is broken")))
    assert json.loads(await server.next()) == {"envelope_id": "e1"}
    row = await gateway.pool.fetchrow(
        "SELECT i.title, g.slug FROM incident i, receipt r JOIN integration g "
        "ON g.id = r.integration_id WHERE r.source = 'slack'"
    )
    assert row is not None
    assert ("printer is broken" in row["title"], row["slug"]) == (True, "slack")
    metrics = await (await gateway.client.get("/metrics")).text()
    assert 'gateway_chat_connected{chat="slack"} 1.0' in metrics


async def test_message_that_comes_again_counts_once(
    gateway: RunningGateway, server: StreamServer
) -> None:
    socket = await server.connected()
    for number in (1, 2):
        await socket.send_str(envelope(number, a_message("report all is down")))
        assert json.loads(await server.next())["envelope_id"] == f"e{number}"
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 1


async def test_message_that_cannot_be_committed_is_not_acknowledged(
    gateway: RunningGateway, server: StreamServer
) -> None:
    socket = await server.connected()
    gateway.lose_database()
    await socket.send_str(envelope(1, a_message("report all is down")))
    await socket.send_str("no frame at all")
    await socket.send_str('{"type": "disconnect"}')
    async with asyncio.timeout(10):
        await server.left.wait()
    assert server.arrived.empty()


async def test_payload_that_cannot_be_read_is_kept_and_acknowledged(
    gateway: RunningGateway, server: StreamServer
) -> None:
    socket = await server.connected()
    await socket.send_str(envelope(1, b'{"type": 1}'))
    await socket.send_str(envelope(2, b'{"type": "url_verification"}'))
    assert {json.loads(await server.next())["envelope_id"] for _ in range(2)} == {"e1", "e2"}
    assert (
        await gateway.pool.fetchval("SELECT count(*) FROM quarantine WHERE source = 'slack'") == 1
    )


@dataclass
class ScriptedStream:
    """A stream whose addresses are told one after the other."""

    addresses: list[str | Retry]
    beats: int = 0
    allow_private: bool = True
    heard: list[Frame] = field(default_factory=list)

    async def open(self) -> str | Retry:
        return self.addresses.pop(0) if self.addresses else Retry("there is no address")

    def read(self, frame: Frame, _: ChatSettings) -> ChatFrame:
        self.heard.append(frame)
        if frame == "odd":
            raise Malformed("odd")
        return ControlFrame(b"answer" if frame == "ask" else None, ends=frame == "end")

    def beat(self) -> Beat | None:
        self.beats += 1
        return Beat(f"beat {self.beats}", 60.0) if self.beats < 3 else None


@pytest.fixture
async def listening(
    server: StreamServer, pool: Pool, clock: FakeClock
) -> AsyncIterator[ChatConnection]:
    """A connection with a scripted stream, whose intake is never asked."""
    nothing: Any = None
    metrics = ReportService(nothing, nothing, Metrics(CollectorRegistry()))
    intake = ChatIntake(ChatHandler(metrics, PressTokens((b"s" * 32,)), frozenset()))
    client = WebSocketClient.open(allow_private=True)
    address = f"{server.url.replace('http', 'ws')}/socket"
    yield ChatConnection(
        slug="slack",
        stream=ScriptedStream([Retry("busy"), Retry("busy"), address]),
        client=client,
        intake=intake,
        chat=ChatSettings(),
        pool=pool,
        clock=clock,
    )
    await client.close()


async def test_pauses_grow_while_there_is_no_connection_and_shrink_once_there_is(
    listening: ChatConnection, server: StreamServer
) -> None:
    assert [await listening._round() for _ in range(2)] == [0.5, 1.0]
    rounds = asyncio.ensure_future(listening._round())
    socket = await server.connected()
    await socket.send_str("odd")
    await socket.send_str("ask")
    assert await _frames(server, 2) == {"beat 1", b"answer"}
    await socket.send_str("end")
    assert await rounds == connection.FIRST_PAUSE
    assert await listening._round() == 0.5
    for _ in range(20):
        last = await listening._round()
    assert last == connection.LONGEST_PAUSE


async def test_beats_are_sent_at_their_pace(
    listening: ChatConnection, server: StreamServer, clock: FakeClock
) -> None:
    for _ in range(2):
        await listening._round()
    rounds = asyncio.ensure_future(listening._round())
    socket = await server.connected()
    assert await server.next() == "beat 1"
    while not clock._sleepers:
        await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
    clock.advance(timedelta(seconds=60))
    assert await server.next() == "beat 2"
    await socket.close()
    assert await rounds == connection.FIRST_PAUSE


async def test_broken_connection_is_a_failure_whose_log_holds_no_address(
    listening: ChatConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    listening.stream = ScriptedStream(["ws://127.0.0.1:9/?ticket=s3cret", "https://a.example/x"])
    assert [await listening._round() for _ in range(2)] == [0.5, 1.0]
    assert "s3cret" not in capsys.readouterr().out


async def _frames(server: StreamServer, count: int) -> set[Any]:
    return {await server.next() for _ in range(count)}


async def test_chat_is_connected_to_in_its_mode_and_with_its_token_alone(
    listening: ChatConnection, pool: Pool
) -> None:
    plain = load(None, {})
    for mode, token, names in (
        ("webhook", "xapp-1", []),
        ("stream", "", []),
        ("stream", "xapp-1", ["chat slack"]),
    ):
        settings = msgspec.structs.replace(
            plain,
            chat={"slack": msgspec.convert({"mode": mode}, ChatSettings)},
            vendors=VendorTables({"slack": {"app_token": token}}),
        )
        async with AsyncExitStack() as stack:
            parts = ChannelParts(stack, pool, settings, FakeClock(), (b"s" * 32,))
            assert list(chat_connections(parts, listening.intake)) == names
