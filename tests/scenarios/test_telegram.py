"""An incident is reported, acknowledged and resolved in Telegram, whose cards show each change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.operations.rounds.chat_changes import queue_card_updates
from tests.channels.contract.fake_service import Call, Contract, FakeService, fake_service, is_json
from tests.channels.contract.vendors.telegram import CASES, TOKEN
from tests.scenarios.conftest import Telling
from tests.support.story import Story

SECRET = "wU3c_9-qLx0hT7"
GROUP, OLGA = -1001234567890, 424242
TELEGRAM = """
[chat.telegram]
secrets = ["{secret}"]
tenants = ["-1001234567890", "424242"]
[notify.telegram]
api = "{url}"
token = "{token}"
allow_private = true
[[escalation.management]]
priorities = [1]
on = ["opened"]
notify = ["chat"]
"""


def judge(call: Call) -> str:
    assert (call.method, is_json(call)) == ("POST", True)
    token, _, method = call.path.removeprefix("/bot").partition("/")
    assert token == TOKEN
    return CASES[method]


@pytest.fixture
async def telegram() -> AsyncIterator[FakeService]:
    contract = Contract(channel="telegram", table=lambda _: {}, judge=judge, recipient="")
    async with fake_service("telegram", contract) as service:
        yield service


@pytest.fixture
async def story(telling: Telling, telegram: FakeService) -> AsyncIterator[Story]:
    settings = TELEGRAM.format(secret=SECRET, url=telegram.url, token=TOKEN)
    async with telling(settings, recipients=f'chat = ["telegram:{GROUP}"]') as begun:
        await begun.join("olga", "service_desk")
        yield begun


async def update(story: Story, number: int, secret: str = SECRET, **parts: Any) -> tuple[int, Any]:
    answer = await story.client.post(
        f"/ingest/chat/telegram/{story.keys['ingest']}",
        json={"update_id": number, **parts},
        headers={"X-Telegram-Bot-Api-Secret-Token": secret},
    )
    body = await answer.read()
    return answer.status, await answer.json() if body else None


def wrote(text: str, number: int, chat: int = OLGA) -> dict[str, Any]:
    where = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
    sender = {"id": OLGA, "is_bot": False, "first_name": "Olga"}
    return {"message": {"message_id": number, "from": sender, "chat": where, "text": text}}


def pressed(data: str) -> dict[str, Any]:
    message = {"message_id": 365, "chat": {"id": GROUP, "type": "supergroup"}}
    sender = {"id": OLGA, "first_name": "Olga"}
    return {"callback_query": {"id": "1", "from": sender, "message": message, "data": data}}


async def stored(story: Story) -> None:
    """Wait until Telegram's number of a card is stored."""
    async with asyncio.timeout(10):
        while not await story.gateway.pool.fetchval(
            "SELECT count(*) FROM chat_message WHERE shown IS NOT NULL"
        ):
            pass


async def states(story: Story) -> list[tuple[str, str]]:
    rows = await story.gateway.pool.fetch("SELECT state, handler FROM incident ORDER BY id")
    return [(row["state"], row["handler"]) for row in rows]


async def test_account_is_linked_and_incident_is_acknowledged_by_its_button(
    story: Story, telegram: FakeService
) -> None:
    code = (await story.call("POST", "me/chats/code", key="olga"))["code"]
    assert await update(story, 1, **wrote(f"/start {code}", 1)) == (200, None)
    assert "olga" in (await telegram.next("delivered"))["text"]
    await story.alert("disk full")
    card = await telegram.next("delivered")
    assert card["chat_id"] == str(GROUP)
    await stored(story)
    ((acknowledge,), *_) = card["reply_markup"]["inline_keyboard"]
    status, answer = await update(story, 2, **pressed(acknowledge["callback_data"]))
    assert (status, answer["method"], answer["show_alert"]) == (200, "answerCallbackQuery", True)
    assert await states(story) == [("in_progress", "olga")]
    await queue_card_updates(story.gateway.uow, ["telegram"])
    changed = await telegram.next("updated")
    assert changed["message_id"] == 365
    assert [row[0]["callback_data"][:4] for row in changed["reply_markup"]["inline_keyboard"]] == [
        "res:"
    ]
    again = await update(story, 2, **pressed(acknowledge["callback_data"]))
    assert again[0] == 200


async def test_stranger_reports_in_vain_presses_and_forged_updates_change_nothing(
    story: Story, telegram: FakeService
) -> None:
    assert await update(story, 1, **wrote("the printer is on fire", 7)) == (200, None)
    reply = await telegram.next("delivered")
    assert reply["reply_parameters"]["message_id"] == 7
    assert len(await states(story)) == 1
    token = "p1-0-1-" + "a" * 26
    _, answer = await update(story, 2, **pressed(f"res:{token}"))
    assert "link CODE" in answer["text"]
    assert (await update(story, 3, "another_secret", **wrote("forged", 8)))[0] == 401
    assert (await update(story, 4, **wrote("from elsewhere", 9, chat=7)))[0] == 200
    assert len(await states(story)) == 1
