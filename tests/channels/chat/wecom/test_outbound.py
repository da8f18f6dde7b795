"""WeCom takes cards and texts, and reports errors in a 200 response."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.channels.chat.wecom.outbound import CHANGEABLE, WeComChannel, result_of_code
from gateway.channels.chat.wecom.section import WeComSection
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.notify.press_tokens import PressTokens
from tests.support.clock import NOON, FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor, paths

ONCE = "/cgi-bin/message/update_template_card"
SEND, TOKEN, ROBOT = "/cgi-bin/message/send", "/cgi-bin/gettoken", "/cgi-bin/webhook/send"
OK = {"errcode": 0, "errmsg": "ok"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer(
            TOKEN,
            *({"errcode": 0, "access_token": f"token-{n}", "expires_in": 7200} for n in (1, 2, 3)),
        )
        vendor.answer(SEND, OK)
        vendor.answer(ROBOT, OK)
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, pool: Pool, clock: FakeClock) -> AsyncIterator[WeComChannel]:
    settings = WeComSection(
        address=fake.url,
        corp_id="ww1",
        agent_id=218,
        secret="s3cret",
        allow_private=True,
        robots={"ops": "693a91f6"},
    )
    call = JsonApiClient.open(fake.url, clock, allow_private=True)
    yield WeComChannel.open(settings, call, ChatPosts(pool, PressTokens((b"s" * 32,)), "zh-CN"))
    await call.close()


async def test_text_is_sent_to_members_as_application(
    channel: WeComChannel, fake: FakeVendor
) -> None:
    assert isinstance(await channel.send(message("zhangsan|lisi", text="交接班")), Delivered)
    asked_for, posted = fake.asked
    assert asked_for.query == {"corpid": "ww1", "corpsecret": "s3cret"}
    assert posted.query == {"access_token": "token-1"}
    assert (
        posted.body["touser"],
        posted.body["agentid"],
        posted.body["enable_duplicate_check"],
    ) == ("zhangsan|lisi", 218, 1)
    assert (posted.body["msgtype"], posted.body["text"]) == ("text", {"content": "交接班"})


async def test_token_is_cached_and_renewed_when_refused(
    channel: WeComChannel, fake: FakeVendor
) -> None:
    fake.answer(SEND, OK, {"errcode": 42001, "errmsg": "access_token expired"}, OK)
    for _ in range(3):
        assert isinstance(await channel.send(message("zhangsan")), Delivered)
    assert paths(fake.asked) == [TOKEN, SEND, SEND, TOKEN, SEND, SEND]


async def test_always_refused_token_is_renewed_once_and_retried(
    channel: WeComChannel, fake: FakeVendor
) -> None:
    fake.answer(SEND, {"errcode": 40014})
    result = await channel.send(message("zhangsan"))
    assert isinstance(result, Retry)
    assert result.at_most == FEW_ATTEMPTS
    assert paths(fake.asked) == [TOKEN, SEND, TOKEN, SEND]


async def test_robot_posts_text_with_escaped_mentions(
    channel: WeComChannel, fake: FakeVendor
) -> None:
    assert (
        await channel.send(message("robot:ops", subject="<@all> 已超时", text="磁盘已满"))
        == Delivered()
    )
    (posted,) = fake.asked
    assert (posted.path, posted.query) == (ROBOT, {"key": "693a91f6"})
    assert posted.body == {"msgtype": "text", "text": {"content": "＜@all> 已超时\n\n磁盘已满"}}


async def test_unreachable_recipient_is_dead_without_call(
    channel: WeComChannel, fake: FakeVendor
) -> None:
    for recipient in [
        "robot:",
        "robot:other",
        "",
        "张三",
        "a b",
        "a||b",
        "a/=1",
        "a/=1.",
        "a/=x.c",
        "x" * 65,
        "../x",
        "robot:693a91f6",
    ]:
        assert isinstance(await channel.send(message(recipient)), Undeliverable), recipient
    assert fake.asked == []


@pytest.mark.parametrize("code", [-1, 6000, 45009, 45033])
def test_temporary_error_code_retries_whole_schedule(code: int) -> None:
    result = result_of_code(code, "busy")
    assert isinstance(result, Retry)
    assert (result.at_most, result.down) == (None, code == -1)
    assert result.after == (timedelta(minutes=1) if code > 45000 else None)


@pytest.mark.parametrize("code", [40003, 60111, 81013, 82001, 93000])
def test_permanent_error_code_is_dead(code: int) -> None:
    assert isinstance(result_of_code(code, "invalid"), Undeliverable)


@pytest.mark.parametrize("code", [40001, 40058, 44004, 48002, 60020, 301002])
def test_settings_error_code_retries_a_few_times(code: int) -> None:
    result = result_of_code(code, "mend me")
    assert isinstance(result, Retry)
    assert result.at_most == FEW_ATTEMPTS


async def test_failed_answer_is_not_delivered(channel: WeComChannel, fake: FakeVendor) -> None:
    answers: list[Any] = [{"errcode": 81013}, (503, ""), "<html>", (302, ""), {"errcode": []}]
    fake.answer(SEND, *answers)
    assert [type(await channel.send(message("zhangsan"))) for _ in answers] == [
        Undeliverable,
        Retry,
        Retry,
        Retry,
        Retry,
    ]


async def test_message_is_not_posted_without_token(channel: WeComChannel, fake: FakeVendor) -> None:
    answers: list[Any] = [
        {"errcode": 40001},
        {"errcode": 0},
        (500, ""),
        {"access_token": "", "expires_in": 1},
        "<html>",
    ]
    fake.answer(TOKEN, *answers)
    assert {type(await channel.send(message("zhangsan"))) for _ in answers} == {Retry}
    assert paths(fake.asked) == [TOKEN] * len(answers)


async def test_card_is_updated_by_code_for_three_days(
    channel: WeComChannel, fake: FakeVendor, clock: FakeClock
) -> None:
    fake.answer(ONCE, OK)
    changes = [
        message(f"{to}/={int(NOON.timestamp())}.code/=1", text="已解决")
        for to in ("zhangsan|lisi", "@all")
    ]
    assert [await channel.send(one) for one in changes] == [Delivered(), Delivered()]
    one, everybody = fake.bodies(ONCE)
    assert (one["userids"], one["response_code"], one["button"]) == (
        ["zhangsan", "lisi"],
        "code/=1",
        {"replace_name": "已解决"},
    )
    assert everybody["atall"] == 1
    clock.advance(CHANGEABLE)
    assert isinstance(await channel.send(changes[0]), Delivered)
    assert len(fake.bodies(ONCE)) == 2


def test_robots_and_application_are_separate_endpoints(channel: WeComChannel) -> None:
    assert {channel.endpoint(one) for one in ("a", "b", "robot:ops")} == {
        "wecom:application",
        "wecom:robot:ops",
    }


@pytest.mark.parametrize("code", [None, False, "0", [], {}, 0.0])
def test_answer_without_valid_code_is_retried(code: Any) -> None:
    assert isinstance(result_of_code(code, ""), Retry)
