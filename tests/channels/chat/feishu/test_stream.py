"""Frames of Feishu's long connection are read, put together, and acknowledged."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.channels.chat.contract import ButtonPress, ChatMessage, ChatReply, IgnoredChatEvent
from gateway.channels.chat.feishu.protobuf import (
    CONTROL,
    DATA,
    METHOD,
    SERVICE,
    LarkFrame,
    decode_frame,
    encode_frame,
)
from gateway.channels.chat.feishu.section import FeishuSection
from gateway.channels.chat.feishu.stream import MOST_UNFINISHED, FeishuStream
from gateway.channels.chat.frames import ControlFrame, HeardFrame
from gateway.egress.api_client import JsonApiClient
from gateway.errors import Malformed
from gateway.notify.message import Retry
from gateway.settings import ChatSettings
from tests.channels.chat.streams import StreamServer, stream_server
from tests.support.clock import FakeClock

CHAT = ChatSettings(tenants=("t1",))
HEADER = {"event_id": "e1", "token": "v", "tenant_key": "t1", "create_time": "1772452800000"}
SAID = {
    "schema": "2.0",
    "header": HEADER | {"event_type": "im.message.receive_v1"},
    "event": {
        "sender": {"sender_id": {"open_id": "ou_1"}, "sender_type": "user"},
        "message": {
            "message_id": "om_1",
            "chat_id": "oc_1",
            "chat_type": "p2p",
            "message_type": "text",
            "content": json.dumps({"text": "打印机坏了"}),
        },
    },
}
PRESSED = {
    "schema": "2.0",
    "header": HEADER | {"event_type": "card.action.trigger"},
    "event": {
        "operator": {"open_id": "ou_1"},
        "action": {"value": {"action": "acknowledge", "token": "p1"}},
        "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
    },
}
OPENED = {
    "code": 0,
    "msg": "ok",
    "data": {"URL": "WS?device_id=1&service_id=33554678", "ClientConfig": {"PingInterval": 90}},
}


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    async with stream_server("/callback/ws/endpoint", OPENED) as running:
        yield running


@pytest.fixture
async def stream(server: StreamServer) -> AsyncIterator[FeishuStream]:
    call = JsonApiClient.open(server.url, FakeClock(), allow_private=True)
    yield FeishuStream(call, FeishuSection(app_id="cli_1", app_secret="s3same"))
    await call.close()


def frame(payload: bytes, method: int = DATA, **headers: str) -> bytes:
    told = {"type": "event", "message_id": "m1", "sum": "1", "seq": "0"} | headers
    return encode_frame(LarkFrame(told, payload, ((1, 5), (2, 6), (SERVICE, 7), (METHOD, method))))


def read(stream: FeishuStream, event: Any) -> HeardFrame:
    found = stream.read(frame(json.dumps(event).encode()), CHAT)
    assert isinstance(found, HeardFrame)
    return found


async def test_address_names_service_and_pace_of_beats(
    stream: FeishuStream, server: StreamServer
) -> None:
    address = await stream.open()
    assert isinstance(address, str)
    assert address.startswith("ws://127.0.0.1:")
    assert server.asked == [({"AppID": "cli_1", "AppSecret": "s3same"}, "")]
    beat = stream.beat()
    assert beat is not None
    assert isinstance(beat.frame, bytes)
    ping = decode_frame(beat.frame)
    assert (ping.headers, ping.number(SERVICE), beat.every_s) == ({"type": "ping"}, 33554678, 90.0)
    assert stream.allow_private


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"code": 1000040350, "msg": "too many connections"}, "1000040350 too many connections"),
        ({"code": 0, "data": {"URL": 3}}, "0"),
        ({"code": 0, "data": {}}, "0"),
    ],
)
async def test_refused_address_is_told_with_reason(
    stream: FeishuStream, server: StreamServer, answer: dict[str, Any], reason: str
) -> None:
    server.answer = answer
    result = await stream.open()
    assert isinstance(result, Retry)
    assert result.reason.strip() == f"Feishu: {reason}"


async def test_unreachable_feishu_is_down() -> None:
    call = JsonApiClient.open("http://127.0.0.1:9", FakeClock(), allow_private=True)
    result = await FeishuStream(call, FeishuSection()).open()
    await call.close()
    assert isinstance(result, Retry)


async def test_message_is_read_as_by_webhook_and_acknowledged(stream: FeishuStream) -> None:
    found = read(stream, SAID)
    assert isinstance(found.event, ChatMessage)
    assert (found.event.text, found.event.reply_to) == ("打印机坏了", "feishu:oc_1/om_1")
    answer = found.answer(None)
    assert isinstance(answer, bytes)
    told = decode_frame(answer)
    assert (told.number(1), told.number(2), told.headers["message_id"]) == (5, 6, "m1")
    assert json.loads(told.payload) == {"code": 200}


async def test_press_is_answered_with_card_as_it_is_now(stream: FeishuStream) -> None:
    found = read(stream, PRESSED)
    assert isinstance(found.event, ButtonPress)
    answer = found.answer(ChatReply("taken\nby ann", "INC-1"))
    assert isinstance(answer, bytes)
    said = json.loads(decode_frame(answer).payload)
    assert said["code"] == 200
    assert json.loads(b64decode(said["data"]))["toast"] == {"type": "info", "content": "taken"}


async def test_other_tenant_is_ignored_and_odd_event_is_malformed(stream: FeishuStream) -> None:
    other = SAID | {"header": HEADER | {"event_type": "card.action.trigger", "tenant_key": "t2"}}
    assert isinstance(read(stream, other).event, IgnoredChatEvent)
    assert isinstance(read(stream, []).event, Malformed)


async def test_parts_of_an_event_are_put_together_in_order(stream: FeishuStream) -> None:
    body = json.dumps(SAID).encode()
    later = stream.read(frame(body[40:], sum="2", seq="1"), CHAT)
    assert later == ControlFrame()
    found = stream.read(frame(body[:40], sum="2", seq="0"), CHAT)
    assert isinstance(found, HeardFrame)
    assert found.body == body


async def test_unfinished_events_are_forgotten_and_odd_parts_refused(stream: FeishuStream) -> None:
    for name in range(MOST_UNFINISHED + 1):
        stream.read(frame(b"x", sum="2", seq="0", message_id=str(name)), CHAT)
    assert stream.read(frame(b"y", sum="2", seq="1", message_id="0"), CHAT) == ControlFrame()
    for odd in ({"sum": "1000"}, {"sum": "2", "seq": "2"}, {"sum": "3", "message_id": "5"}):
        with pytest.raises(Malformed):
            stream.read(frame(b"x", DATA, **odd), CHAT)


async def test_pong_may_change_pace_but_not_below_a_bound(stream: FeishuStream) -> None:
    for told, pace in ((b'{"PingInterval": 30}', 30.0), (b'{"PingInterval": 0}', 5.0), (b"", 5.0)):
        assert stream.read(frame(told, CONTROL, type="pong"), CHAT) == ControlFrame()
        beat = stream.beat()
        assert beat is not None
        assert beat.every_s == pace
    assert stream.read(frame(b"", CONTROL, type="ping"), CHAT) == ControlFrame()
