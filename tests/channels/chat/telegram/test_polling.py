"""Updates are fetched, committed, answered and only then confirmed; what fails comes again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.channels.chat.telegram.polling import BATCH, open_polling
from gateway.channels.opening import ChannelParts
from gateway.db.pool import Pool
from gateway.settings import ChatSettings, Database, Settings, load
from gateway.settings.notify import VendorTables
from tests.channels.contract.vendors.telegram import TOKEN
from tests.support.clock import FakeClock
from tests.support.served import served

SENDER = {"id": 424242, "is_bot": False, "first_name": "Olga"}
CHAT = {"id": 424242, "type": "private"}
CONFLICT = {
    "ok": False,
    "error_code": 409,
    "description": "Conflict: can't use getUpdates method while webhook is active",
}


@dataclass
class FakeBot:
    """A fake Bot API: it keeps updates until a later one is asked for."""

    url: str = ""
    updates: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    calls: asyncio.Queue[tuple[str, Any]] = field(default_factory=asyncio.Queue)
    emptied: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        method, body = request.match_info["method"], await request.json()
        if method != "getUpdates":
            self.calls.put_nowait((method, body))
            return web.json_response({"ok": True, "result": {"message_id": 1, "chat": CHAT}})
        self.asked.append(body)
        assert body["allowed_updates"] == ["message", "callback_query"]
        if self.refusals:
            refused = self.refusals.pop(0)
            return web.json_response(refused, status=refused["error_code"])
        self.updates = [one for one in self.updates if one["update_id"] >= body.get("offset", 0)]
        if not self.updates:
            self.emptied.set()
            await asyncio.Event().wait()
        return web.json_response({"ok": True, "result": self.updates[: body["limit"]]})

    async def next(self, method: str) -> Any:
        """Return the body of the next call of a method; skip others."""
        async with asyncio.timeout(10):
            while True:
                found, body = await self.calls.get()
                if found == method:
                    return body


@pytest.fixture
async def bot() -> AsyncIterator[FakeBot]:
    fake, app = FakeBot(), web.Application()
    app.router.add_post(f"/bot{TOKEN}/{{method}}", fake.answer)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.05)
    fake.url = str(server.make_url("")).rstrip("/")
    yield fake
    await server.close()


def configured(bot: FakeBot, database_url: str, mode: str = "stream") -> Settings:
    plain = load(None, {})
    table = {"api": bot.url, "token": TOKEN, "allow_private": True}
    chat = {"mode": mode, "integration": "desk", "service": "workplace"}
    return msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        vendors=VendorTables({"telegram": table}),
        chat={"telegram": msgspec.convert(chat, ChatSettings)},
    )


def wrote(number: int, text: str) -> dict[str, Any]:
    message = {"message_id": number, "from": SENDER, "chat": CHAT, "date": 1, "text": text}
    return {"update_id": number, "message": message}


def pressed(number: int) -> dict[str, Any]:
    query = {"id": "q1", "from": SENDER, "message": {"message_id": 1, "chat": CHAT}}
    return {"update_id": number, "callback_query": query | {"data": "ack:p1-0-1-" + "a" * 26}}


@asynccontextmanager
async def polled(bot: FakeBot, database_url: str) -> AsyncIterator[Pool]:
    """Run a gateway until it has taken every update in."""
    async with served(configured(bot, database_url)) as running:
        async with asyncio.timeout(20):
            await bot.emptied.wait()
        yield running.pool


async def titles(pool: Pool) -> list[str]:
    return [row["title"] for row in await pool.fetch("SELECT title FROM incident ORDER BY id")]


async def test_updates_are_committed_answered_and_then_confirmed(
    bot: FakeBot, database_url: str
) -> None:
    bot.updates = [wrote(7, "the printer is on fire"), pressed(8)]
    async with polled(bot, database_url) as pool:
        assert await titles(pool) == ["the printer is on fire"]
        owner = "SELECT i.slug FROM receipt r JOIN integration i ON i.id = r.integration_id"
        assert {row["slug"] for row in await pool.fetch(owner)} == {"desk"}
        answer = await bot.next("answerCallbackQuery")
        assert (answer["callback_query_id"], answer["show_alert"]) == ("q1", True)
    assert [one.get("offset") for one in bot.asked[:2]] == [None, 9]


async def test_update_that_comes_again_counts_once(bot: FakeBot, database_url: str) -> None:
    bot.updates = [wrote(7, "the printer is on fire")] * 2
    async with polled(bot, database_url) as pool:
        assert len(await titles(pool)) == 1


async def test_update_that_cannot_be_read_is_kept_aside_and_confirmed(
    bot: FakeBot, database_url: str
) -> None:
    bot.updates = [{"update_id": 7, "message": {"message_id": {}}}, wrote(8, "disk full")]
    async with polled(bot, database_url) as pool:
        assert await titles(pool) == ["disk full"]
        assert await pool.fetchval("SELECT count(*) FROM quarantine") == 1
    assert bot.asked[-1]["offset"] == 9


async def test_refused_request_is_repeated_for_one_update_alone(
    bot: FakeBot, database_url: str
) -> None:
    bot.refusals = [CONFLICT]
    bot.updates = [wrote(7, "disk full")]
    async with polled(bot, database_url) as pool:
        assert await titles(pool) == ["disk full"]
    assert [one["limit"] for one in bot.asked[:3]] == [BATCH, 1, BATCH]


async def test_nothing_is_fetched_by_webhook_mode_or_without_a_bot(
    bot: FakeBot, database_url: str, pool: Pool
) -> None:
    async with served(configured(bot, database_url, "webhook")):
        pass
    assert bot.asked == []
    async with AsyncExitStack() as stack:
        parts = ChannelParts(stack, pool, load(None, {}), FakeClock(), (b"s" * 32,))
        assert open_polling(parts, None, ChatSettings()) is None  # type: ignore[arg-type]
