"""DingTalk takes cards, messages and texts of robots, and reports errors in a 200 response."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.channels.chat.dingtalk.outbound import (
    DingTalkChannel,
    delivery_result,
    refusal_result,
    robot_result,
)
from gateway.channels.chat.dingtalk.section import DingTalkRobot, DingTalkSection
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.notify.press_tokens import PressTokens
from tests.support.clock import NOON, FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor, paths

CARD, ONE, GROUP = (
    "/v1.0/card/instances",
    "/v1.0/robot/oToMessages/batchSend",
    "/v1.0/robot/groupMessages/send",
)
TOKEN, ROBOT = "/v1.0/oauth2/accessToken", "/robot/send"
DELIVERED = {
    "success": True,
    "result": {"outTrackId": "x", "deliverResults": [{"spaceType": "IM_ROBOT", "success": True}]},
}
LOST = {
    "success": True,
    "result": {"deliverResults": [{"success": False, "errorMsg": "SYSTEM_ERROR"}]},
}
SENT = {"processQueryKey": "key", "invalidStaffIdList": [], "flowControlledStaffIdList": []}


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer(TOKEN, *({"accessToken": f"token-{n}", "expireIn": 7200} for n in (1, 2, 3)))
        vendor.answer(CARD, {"success": True, "result": True})
        vendor.answer(ONE, SENT)
        vendor.answer(GROUP, SENT)
        vendor.answer(ROBOT, {"errcode": 0, "errmsg": "ok"})
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, pool: Pool, clock: FakeClock) -> AsyncIterator[DingTalkChannel]:
    settings = DingTalkSection(
        address=fake.url,
        robot_address=fake.url,
        app_key="ding1",
        app_secret="s3cret",
        robot_code="dingrobot",
        card_template="t.schema",
        card_route="incidents",
        allow_private=True,
        robots={
            "ops": DingTalkRobot(token="tok", secret="SECabc"),
            "plain": DingTalkRobot(token="tok2"),
        },
    )
    call = JsonApiClient.open(fake.url, clock, allow_private=True)
    yield DingTalkChannel.open(
        settings, call, call, ChatPosts(pool, PressTokens((b"s" * 32,)), "zh-CN")
    )
    await call.close()


async def test_text_is_sent_to_members_and_groups_as_robot(
    channel: DingTalkChannel, fake: FakeVendor
) -> None:
    for recipient in ("manager1", "group:cid1+/=="):
        assert isinstance(await channel.send(message(recipient, text="交接班")), Delivered)
    asked_for, *posted = fake.asked
    assert asked_for.body == {"appKey": "ding1", "appSecret": "s3cret"}
    assert {
        {k.lower(): v for k, v in one.headers.items()}["x-acs-dingtalk-access-token"]
        for one in posted
    } == {"token-1"}
    assert fake.bodies(ONE)[0]["userIds"] == ["manager1"]
    assert fake.bodies(GROUP)[0]["openConversationId"] == "cid1+/=="
    assert json.loads(fake.bodies(ONE)[0]["msgParam"]) == {"content": "交接班"}


async def test_card_is_updated_by_its_name(channel: DingTalkChannel, fake: FakeVendor) -> None:
    names = [str(message("x").id) for _ in range(3)]
    for to, name in zip(("manager1", "group:cid1+/==", "group:cid/="), names, strict=True):
        assert isinstance(await channel.send(message(f"{to}/={name}")), Delivered)
    assert [one["outTrackId"] for one in fake.bodies(CARD)] == names
    assert fake.bodies(CARD)[0]["cardUpdateOptions"] == {"updateCardDataByKey": True}


async def test_robot_with_secret_signs_timestamp(
    channel: DingTalkChannel, fake: FakeVendor
) -> None:
    for name in ("ops", "plain"):
        assert (
            await channel.send(message(f"robot:{name}", subject="已超时", text="磁盘已满"))
            == Delivered()
        )
    signed, unsigned = fake.asked
    stamp = str(int(NOON.timestamp() * 1000))
    sign = base64.b64encode(hmac.digest(b"SECabc", f"{stamp}\nSECabc".encode(), "sha256")).decode()
    assert signed.query == {"access_token": "tok", "timestamp": stamp, "sign": sign}
    assert unsigned.query == {"access_token": "tok2"}
    assert signed.body == {"msgtype": "text", "text": {"content": "已超时\n\n磁盘已满"}}


async def test_refused_token_is_renewed_once_per_message(
    channel: DingTalkChannel, fake: FakeVendor
) -> None:
    over = (400, {"code": "InvalidAuthentication", "message": "over"})
    fake.answer(ONE, SENT, over, SENT, (401, {}))
    results = [await channel.send(message("manager1")) for _ in range(3)]
    assert results[:2] == [Delivered(), Delivered()]
    assert isinstance(results[2], Retry)
    assert paths(fake.asked) == [TOKEN, ONE, ONE, TOKEN, ONE, ONE, TOKEN, ONE]


async def test_unreachable_recipient_is_dead_without_call(
    channel: DingTalkChannel, fake: FakeVendor
) -> None:
    for recipient in ["robot:", "robot:other", "", "张三", "a b", "x" * 129, "../x?"]:
        assert isinstance(await channel.send(message(recipient)), Undeliverable), recipient
    assert fake.asked == []


@pytest.mark.parametrize(
    ("said", "kind", "at_most"),
    [
        (DELIVERED, Delivered, None),
        (LOST, Retry, FEW_ATTEMPTS),
        ({"success": False}, Retry, FEW_ATTEMPTS),
        ({"flowControlledStaffIdList": ["manager1"]}, Retry, None),
        ({"invalidStaffIdList": ["manager1"]}, Undeliverable, None),
        ((400, {"code": "param.userIdNotExist", "message": "m"}), Undeliverable, None),
        ((400, {"code": "param.cardTemplateIdEmpty", "message": "m"}), Retry, FEW_ATTEMPTS),
        ((403, {"code": "Forbidden.AccessDenied.QpsLimitForApi", "message": "m"}), Retry, None),
        (
            (403, {"code": "Forbidden.AccessDenied.IpNotInWhiteList", "message": "m"}),
            Retry,
            FEW_ATTEMPTS,
        ),
        ((500, {"code": "system.busy", "message": "m"}), Retry, None),
    ],
)
def test_vendor_answer_maps_to_delivery_result(said: Any, kind: Any, at_most: int | None) -> None:
    status, body = said if isinstance(said, tuple) else (200, said)
    result = (
        delivery_result(body) if status == 200 else refusal_result(VendorResponse(status, body))
    )
    assert isinstance(result, kind)
    assert getattr(result, "at_most", None) == at_most


async def test_channel_send_returns_result_of_vendor_answer(
    channel: DingTalkChannel, fake: FakeVendor
) -> None:
    answers: list[Any] = [
        LOST,
        {"invalidStaffIdList": ["m"]},
        (400, {"code": "param.userIdNotExist"}),
        (503, ""),
        (400, {"code": []}),
        SENT,
    ]
    fake.answer(ONE, *answers)
    found = [type(await channel.send(message("manager1"))) for _ in answers]
    assert found == [Retry, Undeliverable, Undeliverable, Retry, Retry, Delivered]


@pytest.mark.parametrize("code", [-1, 130101, 410100])
def test_temporary_error_code_retries_whole_schedule(code: int) -> None:
    result = robot_result(code, "too fast")
    assert isinstance(result, Retry)
    assert (result.at_most, result.down) == (None, code == -1)
    assert result.after == (timedelta(minutes=10) if code > 0 else None)


@pytest.mark.parametrize("code", [300001, 400013, 400101, 430101])
def test_permanent_error_code_is_dead(code: int) -> None:
    assert isinstance(robot_result(code, "gone"), Undeliverable)


def test_robot_settings_error_retries_a_few_times() -> None:
    result = robot_result(310000, "keywords not in content")
    assert isinstance(result, Retry)
    assert result.at_most == FEW_ATTEMPTS


async def test_message_is_not_posted_without_token(
    channel: DingTalkChannel, fake: FakeVendor
) -> None:
    answers: list[Any] = [
        (400, {"code": "invalidClientIdOrSecret"}),
        (500, ""),
        {"expireIn": 7200},
        "<html>",
    ]
    fake.answer(TOKEN, *answers)
    assert {type(await channel.send(message("manager1"))) for _ in answers} == {Retry}
    assert paths(fake.asked) == [TOKEN] * len(answers)


def test_robots_and_application_are_separate_endpoints(channel: DingTalkChannel) -> None:
    assert {channel.endpoint(one) for one in ("a", "group:b", "robot:ops")} == {
        "dingtalk:application",
        "dingtalk:robot:ops",
    }


@pytest.mark.parametrize("code", [None, False, "0", [], {}, 0.0])
def test_answer_without_valid_code_is_retried(code: Any) -> None:
    assert isinstance(robot_result(code, ""), Retry)
