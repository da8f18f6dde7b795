"""Telegram says in words why a call failed; what is as it should be is no failure."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.channels.chat.telegram.api import TelegramApi
from gateway.channels.chat.telegram.outbound import TelegramChannel
from gateway.channels.chat.telegram.section import TelegramSection
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.message import Delivered, Result, Retry, Undeliverable
from gateway.notify.press_tokens import PressTokens
from tests.support.clock import FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
SEND, EDIT, DELETE = (
    f"/bot{TOKEN}/{name}" for name in ("sendMessage", "editMessageText", "deleteMessage")
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer(SEND, {"ok": True, "result": {"message_id": 7}})
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, pool: Pool, clock: FakeClock) -> AsyncIterator[TelegramChannel]:
    call = JsonApiClient.open(fake.url, clock, allow_private=True, judges_failures=True)
    posts = ChatPosts(pool, PressTokens((b"s" * 32,)), "en")
    yield TelegramChannel(TelegramApi(TelegramSection(api=fake.url, token=TOKEN), call), posts)
    await call.close()


def refused(status: int, said: str, **parameters: Any) -> tuple[int, Any]:
    more = {"parameters": parameters} if parameters else {}
    return status, {"ok": False, "error_code": status, "description": said} | more


async def test_reply_names_message_that_it_answers(
    channel: TelegramChannel, fake: FakeVendor
) -> None:
    assert await channel.send(message("-100/5")) == Delivered("-100/=7")
    (body,) = fake.bodies(SEND)
    assert body["chat_id"] == "-100"
    assert body["reply_parameters"] == {"message_id": 5, "allow_sending_without_reply": True}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (refused(403, "Forbidden: bot was blocked by the user"), Undeliverable),
        (refused(400, "Bad Request: chat not found"), Undeliverable),
        (refused(400, "Bad Request: message is too long"), Retry),
        (refused(404, "Not Found"), Retry),
    ],
)
async def test_refusal_is_judged_by_its_words(
    channel: TelegramChannel, fake: FakeVendor, answer: Any, result: type[Result]
) -> None:
    fake.answer(SEND, answer)
    told = await channel.send(message("42"))
    assert isinstance(told, result)
    assert not isinstance(told, Retry) or told.at_most == FEW_ATTEMPTS


@pytest.mark.parametrize(
    ("answer", "wait", "down"),
    [
        (refused(429, "Too Many Requests: retry after 5", retry_after=5), 5, False),
        (refused(429, "Too Many Requests"), None, False),
        (refused(502, "Bad Gateway"), None, True),
    ],
)
async def test_pause_is_read_in_the_body(
    channel: TelegramChannel, fake: FakeVendor, answer: Any, wait: int | None, down: bool
) -> None:
    fake.answer(SEND, answer)
    told = await channel.send(message("42"))
    assert isinstance(told, Retry)
    assert told.after == (None if wait is None else timedelta(seconds=wait))
    assert (told.down, told.at_most) == (down, None)


async def test_message_that_is_as_it_should_be_is_done(
    channel: TelegramChannel, fake: FakeVendor
) -> None:
    fake.answer(EDIT, refused(400, "Bad Request: message is not modified: the same"))
    fake.answer(DELETE, refused(400, "Bad Request: message to delete not found"))
    assert await channel.update(message("42"), "42/=7") == Delivered("42/=7")
    assert await channel.send(message("42/=7")) == Delivered("42/=7")
    assert await channel.cancel("42/=7") == Delivered("42/=7")
    fake.answer(EDIT, refused(400, "Bad Request: message can't be edited"))
    assert isinstance(await channel.update(message("42"), "42/=7"), Undeliverable)


@pytest.mark.parametrize("chat", ["", "olga", "@x", "../getMe", "1" * 21])
async def test_address_that_is_no_chat_is_refused_without_a_call(
    channel: TelegramChannel, fake: FakeVendor, chat: str
) -> None:
    assert isinstance(await channel.send(message(chat)), Undeliverable)
    assert fake.asked == []
