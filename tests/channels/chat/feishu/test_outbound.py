"""Tests of sending cards to a server that answers as Feishu does."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from gateway.channels.chat.feishu.outbound import FeishuChannel, kind_of, result_of_code
from gateway.channels.chat.feishu.section import FeishuSection
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.notify.press_tokens import PressTokens
from tests.support.chat_servers import ChatServer, feishu_server
from tests.support.clock import FakeClock
from tests.support.messages import message


@pytest.fixture
async def feishu() -> AsyncIterator[ChatServer]:
    async with feishu_server() as server:
        yield server


@pytest.fixture
async def channel(feishu: ChatServer, pool: Pool, clock: FakeClock) -> AsyncIterator[FeishuChannel]:
    settings = FeishuSection(
        api=feishu.url, app_id="cli_1", app_secret="secret", allow_private=True
    )
    call = JsonApiClient.open(feishu.url, clock, allow_private=True)
    yield FeishuChannel.open(settings, call, ChatPosts(pool, PressTokens((b"s" * 32,)), "zh-CN"))
    await call.close()


async def test_cards_are_sent_with_one_cached_token(
    channel: FeishuChannel, feishu: ChatServer
) -> None:
    first = message("oc_1", text="磁盘满了\n")
    assert [await channel.send(one) for one in (first, message("ou_1"))] == [
        Delivered("oc_1/=om_2"),
        Delivered("ou_1/=om_3"),
    ]
    asked = [(path, token) for path, token, _ in feishu.asked]
    assert asked == [
        ("POST /open-apis/auth/v3/tenant_access_token/internal", ""),
        ("POST /open-apis/im/v1/messages?receive_id_type=chat_id", "Bearer t-1"),
        ("POST /open-apis/im/v1/messages?receive_id_type=open_id", "Bearer t-1"),
    ]
    assert feishu.asked[0][2] == {"app_id": "cli_1", "app_secret": "secret"}
    body = feishu.asked[1][2]
    assert (body["receive_id"], body["msg_type"], body["uuid"]) == (
        "oc_1",
        "interactive",
        str(first.id),
    )
    assert json.loads(body["content"])["elements"][0]["text"] == {
        "tag": "plain_text",
        "content": "磁盘满了",
    }


async def test_token_is_renewed_before_expiry_and_when_refused(
    channel: FeishuChannel, feishu: ChatServer, clock: FakeClock
) -> None:
    await channel.send(message("oc_1"))
    clock.advance(timedelta(seconds=7_200))
    await channel.send(message("oc_1"))
    assert feishu.asked[-1][1] == "Bearer t-3"
    feishu.answer = lambda path: (
        web.json_response({"code": 99991663, "msg": "bad token"}) if "messages" in path else None
    )
    assert await channel.send(message("oc_1")) == Retry("Feishu: 99991663 bad token")
    feishu.answer = lambda _: None
    assert isinstance(await channel.send(message("oc_1")), Delivered)
    assert feishu.asked[-1][1] == "Bearer t-6"


@pytest.mark.parametrize(
    ("recipient", "path"),
    [
        ("oc_1/om_2", "POST /open-apis/im/v1/messages/om_2/reply"),
        ("oc_1/=om_2", "PATCH /open-apis/im/v1/messages/om_2"),
        ("oc_1/om_2?x=/../y", "POST /open-apis/im/v1/messages/om_2%3Fx=%2F..%2Fy/reply"),
    ],
)
async def test_recipient_selects_reply_or_update_of_message(
    channel: FeishuChannel, feishu: ChatServer, recipient: str, path: str
) -> None:
    assert isinstance(await channel.send(message(recipient)), Delivered)
    assert feishu.asked[-1][0] == path


def test_id_kind_is_derived_from_prefix() -> None:
    assert [kind_of(one) for one in ("oc_1", "ou_1", "on_1", "ann@example.com", "867bdx")] == [
        "chat_id",
        "open_id",
        "union_id",
        "email",
        "user_id",
    ]


async def test_feishu_error_maps_to_delivery_result(
    channel: FeishuChannel, feishu: ChatServer
) -> None:
    assert isinstance(result_of_code(230011, "recalled"), Undeliverable)
    assert result_of_code(99991400, "slow down") == Retry("Feishu: 99991400 slow down")
    assert result_of_code(230002, "bot not in chat") == Retry(
        "Feishu: 230002 bot not in chat", at_most=FEW_ATTEMPTS
    )
    feishu.answer = lambda _: web.json_response({"code": 10003, "msg": "invalid app_id"})
    refused = await channel.send(message("oc_1"))
    assert refused == Retry(
        "Feishu gives no token: invalid app_id", at_most=FEW_ATTEMPTS, down=True
    )
    feishu.answer = lambda _: web.Response(status=502)
    assert isinstance(await channel.send(message("oc_1")), Retry)
