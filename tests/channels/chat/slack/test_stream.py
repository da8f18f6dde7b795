"""Envelopes of Slack's Socket Mode are read and acknowledged by their ids."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from gateway.channels.chat.contract import ButtonPress, ChatMessage, ChatReply, IgnoredChatEvent
from gateway.channels.chat.frames import ControlFrame, HeardFrame
from gateway.channels.chat.slack.stream import SlackStream
from gateway.egress.api_client import JsonApiClient
from gateway.errors import Malformed
from gateway.notify.message import Retry
from gateway.settings import ChatSettings
from gateway.timing.clock import SystemClock
from tests.channels.chat.slack_calls import a_message, a_press
from tests.channels.chat.streams import StreamServer, stream_server

CHAT = ChatSettings(tenants=("T123ABC456",))
COMMAND = {"user_id": "U1", "trigger_id": "1.2", "team_id": "T123ABC456", "text": "report x"}


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    async with stream_server("/api/apps.connections.open", {"ok": True, "url": "WS"}) as running:
        yield running


@pytest.fixture
async def stream(server: StreamServer) -> AsyncIterator[SlackStream]:
    call = JsonApiClient.open(f"{server.url}/api", SystemClock(), allow_private=True)
    yield SlackStream(call, "xapp-1")
    await call.close()


def envelope(kind: str, payload: Any) -> str:
    return json.dumps(
        {
            "type": kind,
            "envelope_id": "57d6a792",
            "payload": payload,
            "accepts_response_payload": kind == "slash_commands",
        }
    )


def read(stream: SlackStream, kind: str, payload: Any) -> HeardFrame:
    frame = stream.read(envelope(kind, payload), CHAT)
    assert isinstance(frame, HeardFrame)
    return frame


async def test_address_is_asked_for_with_token_of_application(
    stream: SlackStream, server: StreamServer
) -> None:
    address = await stream.open()
    assert isinstance(address, str)
    assert address.startswith("ws://127.0.0.1:")
    assert server.asked == [({}, "Bearer xapp-1")]
    assert (stream.beat(), stream.allow_private) == (None, True)


async def test_refused_address_is_told_with_reason(
    stream: SlackStream, server: StreamServer
) -> None:
    server.answer = {"ok": False, "error": "not_allowed_token_type"}
    assert await stream.open() == Retry("Slack: not_allowed_token_type")
    server.answer = {"ok": True}
    assert await stream.open() == Retry("Slack: 200")


async def test_unreachable_slack_is_down() -> None:
    call = JsonApiClient.open("http://127.0.0.1:9/api", SystemClock(), allow_private=True)
    result = await SlackStream(call, "xapp-1").open()
    await call.close()
    assert isinstance(result, Retry)
    assert result.down


async def test_event_is_read_as_by_webhook_and_acknowledged(stream: SlackStream) -> None:
    frame = read(stream, "events_api", json.loads(a_message("printer is broken")))
    assert isinstance(frame.event, ChatMessage)
    assert (frame.event.text, frame.event.user) == ("printer is broken", "U2147483697")
    assert json.loads(frame.answer(ChatReply("x", "INC-1"))) == {"envelope_id": "57d6a792"}
    assert b"printer is broken" in frame.body


async def test_press_is_read_as_by_webhook(stream: SlackStream) -> None:
    (payload,) = parse_qs(a_press("acknowledge", "p1-0-1-x").decode())["payload"]
    frame = read(stream, "interactive", json.loads(payload))
    assert isinstance(frame.event, ButtonPress)
    assert (frame.event.action, frame.event.token) == ("acknowledge", "p1-0-1-x")


async def test_command_is_answered_in_its_acknowledgement(stream: SlackStream) -> None:
    frame = read(stream, "slash_commands", COMMAND)
    assert isinstance(frame.event, ChatMessage)
    assert frame.event.text == "report x"
    answer = json.loads(frame.answer(ChatReply("done", "INC-1")))
    assert (answer["envelope_id"], answer["payload"]["response_type"]) == ("57d6a792", "ephemeral")
    assert json.loads(frame.answer(None)) == {"envelope_id": "57d6a792"}


async def test_other_workspace_is_ignored_and_odd_payload_is_malformed(stream: SlackStream) -> None:
    other = read(stream, "slash_commands", COMMAND | {"team_id": "T9"})
    assert isinstance(other.event, IgnoredChatEvent)
    assert isinstance(read(stream, "interactive", {"type": 3}).event, Malformed)


async def test_frames_about_connection_are_no_events(stream: SlackStream) -> None:
    assert stream.read('{"type": "hello", "num_connections": 1}', CHAT) == ControlFrame()
    gone = '{"type": "disconnect", "reason": "refresh_requested"}'
    assert stream.read(gone, CHAT) == ControlFrame(ends=True)
    with pytest.raises(Malformed):
        stream.read(b"\xff", CHAT)
