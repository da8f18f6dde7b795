"""Frames of DingTalk's Stream mode are read and acknowledged by their message ids."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.channels.chat.contract import ButtonPress, ChatMessage, ChatReply, IgnoredChatEvent
from gateway.channels.chat.dingtalk.section import DingTalkSection
from gateway.channels.chat.dingtalk.stream import MESSAGES, PRESSES, DingTalkStream
from gateway.channels.chat.frames import ControlFrame, HeardFrame
from gateway.egress.api_client import JsonApiClient
from gateway.errors import Malformed
from gateway.notify.message import Retry
from gateway.settings import ChatSettings
from tests.channels.chat.streams import StreamServer, stream_server
from tests.support.clock import NOON, FakeClock

STAMP = str(int(NOON.timestamp() * 1000))
SAID = {
    "msgtype": "text",
    "text": {"content": " 打印机坏了 "},
    "msgId": "msg1==",
    "conversationId": "cid1==",
    "conversationType": "1",
    "chatbotCorpId": "ding1",
    "senderStaffId": "manager1",
    "senderNick": "安",
    "createAt": int(STAMP),
}
PRESSED = {
    "outTrackId": "card-1",
    "userId": "manager1",
    "corpId": "ding1",
    "type": "actionCallback",
    "content": json.dumps(
        {
            "cardPrivateData": {
                "actionIds": ["1"],
                "params": {"action": "acknowledge", "token": "p1"},
            }
        }
    ),
}


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    answer = {"endpoint": "WS", "ticket": "t/1=="}
    async with stream_server("/v1.0/gateway/connections/open", answer) as running:
        yield running


@pytest.fixture
async def stream(server: StreamServer) -> AsyncIterator[DingTalkStream]:
    call = JsonApiClient.open(server.url, FakeClock(), allow_private=True)
    yield DingTalkStream(call, DingTalkSection(app_key="ding1", app_secret="s3same"))
    await call.close()


def frame(kind: str, topic: str, data: Any) -> str:
    headers = {"topic": topic, "messageId": "m1", "contentType": "application/json", "time": STAMP}
    return json.dumps(
        {"specVersion": "1.0", "type": kind, "headers": headers, "data": json.dumps(data)}
    )


def read(stream: DingTalkStream, topic: str, data: Any, **chat: Any) -> HeardFrame:
    found = stream.read(frame("CALLBACK", topic, data), ChatSettings(**chat))
    assert isinstance(found, HeardFrame)
    return found


async def test_address_is_asked_for_with_secret_and_topics(
    stream: DingTalkStream, server: StreamServer
) -> None:
    address = await stream.open()
    assert isinstance(address, str)
    assert address.endswith("/socket?ticket=t%2F1%3D%3D")
    ((asked, _),) = server.asked
    assert (asked["clientId"], asked["clientSecret"]) == ("ding1", "s3same")
    assert [one["topic"] for one in asked["subscriptions"]] == [MESSAGES, PRESSES]
    assert (stream.beat(), stream.allow_private) == (None, True)


async def test_refused_address_is_told_with_reason(
    stream: DingTalkStream, server: StreamServer
) -> None:
    server.answer = {"code": "authFailed", "message": "wrong secret"}
    assert await stream.open() == Retry("DingTalk: wrong secret")


async def test_unreachable_dingtalk_is_down() -> None:
    call = JsonApiClient.open("http://127.0.0.1:9", FakeClock(), allow_private=True)
    result = await DingTalkStream(call, DingTalkSection()).open()
    await call.close()
    assert isinstance(result, Retry)


async def test_message_is_read_and_answered_by_message_of_application(
    stream: DingTalkStream,
) -> None:
    found = read(stream, MESSAGES, SAID)
    assert isinstance(found.event, ChatMessage)
    assert (found.event.text, found.event.reply_to) == ("打印机坏了", "dingtalk:manager1")
    answer = json.loads(found.answer(ChatReply("x", "INC-1")))
    assert (answer["code"], answer["headers"]["messageId"]) == (200, "m1")
    assert json.loads(answer["data"]) == {"response": None}


async def test_picture_and_other_company_are_ignored(stream: DingTalkStream) -> None:
    picture = read(stream, MESSAGES, SAID | {"msgtype": "picture"})
    assert isinstance(picture.event, IgnoredChatEvent)
    other = read(stream, MESSAGES, SAID, tenants=("ding2",))
    assert isinstance(other.event, IgnoredChatEvent)
    assert isinstance(read(stream, MESSAGES, {"msgtype": 1}).event, Malformed)


async def test_press_is_answered_with_card_as_it_is_now(stream: DingTalkStream) -> None:
    found = read(stream, PRESSES, PRESSED)
    assert isinstance(found.event, ButtonPress)
    assert (found.event.action, found.event.token, found.event.user) == (
        "acknowledge",
        "p1",
        "manager1",
    )
    response = json.loads(json.loads(found.answer(ChatReply("taken", "INC-1")))["data"])["response"]
    assert response["cardUpdateOptions"] == {"updateCardDataByKey": True}
    assert response["cardData"]["cardParamMap"]


async def test_ping_is_answered_with_its_data_and_disconnect_ends(stream: DingTalkStream) -> None:
    ping = stream.read(frame("SYSTEM", "ping", {"opaque": "o1"}), ChatSettings())
    assert isinstance(ping, ControlFrame)
    assert isinstance(ping.answer, str)
    answer = json.loads(ping.answer)
    assert (answer["code"], json.loads(answer["data"])) == (200, {"opaque": "o1"})
    gone = stream.read(frame("SYSTEM", "disconnect", {}).encode(), ChatSettings())
    assert gone == ControlFrame(ends=True)
