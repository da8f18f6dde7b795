"""People take records on, or say that they cannot, by replying to a text message."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.channels.phone.twilio.inbound import signature
from gateway.settings import Database, PhoneProvider, load
from gateway.settings.notify import VendorTables
from tests.support.served import RunningGateway, served

PUBLIC, TOKEN, SECRET = "https://gw.example", "12345678901234567890123456789012", "s" * 32
ANN, BOB = "+8613800138000", "+8613800138001"
PERSON = """
INSERT INTO person (login, name, phone, locale, roles, created_at, updated_at)
VALUES ($1, $1, $2, $3, $4, '2026-01-01', '2026-01-01')
"""


@dataclass
class Phones:
    """The telephones of people: what they are sent."""

    sent: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        told = await request.post()
        self.sent.put_nowait((str(told["To"]), str(told["Body"])))
        return web.json_response({"sid": "SM1"}, status=201)

    async def next(self, number: str = ANN) -> str:
        """Return the next message to a telephone."""
        async with asyncio.timeout(10):
            while True:
                to, text = await self.sent.get()
                if to == number:
                    return text


@pytest.fixture
async def phones() -> AsyncIterator[tuple[Phones, str]]:
    phones, app = Phones(), web.Application()
    app.router.add_post("/2010-04-01/Accounts/AC1/Messages.json", phones.take)
    async with TestServer(app) as server:
        yield phones, str(server.make_url("/"))


@pytest.fixture
async def gateway(phones: tuple[Phones, str], database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    twilio = {"account": "AC1", "token": TOKEN, "sender": "+15550100000", "key": "gwk_x"}
    notify = msgspec.structs.replace(
        plain.notify,
        recipients={"incident_manager": ("sms:ann",)},
        sms=msgspec.structs.replace(plain.notify.sms, replies=True),
    )
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        notify=notify,
        vendors=VendorTables({"twilio": twilio | {"api": phones[1], "per_hour": 50}}),
        phone=msgspec.structs.replace(
            plain.phone, public_url=PUBLIC, providers={"twilio": PhoneProvider(secrets=(TOKEN,))}
        ),
        server=msgspec.structs.replace(plain.server, external_url=PUBLIC),
        links=msgspec.structs.replace(plain.links, secret=SECRET),
    )
    async with served(settings) as running:
        await running.pool.execute(PERSON, "ann", ANN, "en", ["incident_manager"])
        await running.pool.execute(PERSON, "bob", BOB, "zh-CN", ["tier2"])
        yield running


async def told_of(gateway: RunningGateway, phones: Phones, title: str) -> tuple[str, str, str]:
    """Open an urgent record; return its number, the message about it, and the message's code."""
    record = {"title": title, "impact": "business", "urgency": "urgent"}
    made = await (await gateway.post("/api/v1/incidents", record, "write")).json()
    text = await phones.next()
    found = re.search(r"Reply ([A-Z0-9]{3}): take it", text)
    assert found is not None, text
    return made["number"], text, found[1]


async def reply(
    gateway: RunningGateway, text: str, sender: str = ANN, number: str = "", secret: str = TOKEN
) -> tuple[int, str]:
    """Send a text message to the gateway, and return status and body of its response."""
    reply.count += 1  # type: ignore[attr-defined]
    sid = number or f"SM{reply.count}"  # type: ignore[attr-defined]
    told = {"AccountSid": "AC1", "MessageSid": sid, "From": sender, "To": "+15550100000"}
    told |= {"Body": text, "NumMedia": "0"}
    path = f"/ingest/phone/twilio/message/{gateway.keys['ingest']}"
    answer = await gateway.client.post(
        path,
        data=urlencode(told),
        headers={
            "X-Twilio-Signature": signature(secret, PUBLIC + path, tuple(told.items())),
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    return answer.status, await answer.text()


reply.count = 0  # type: ignore[attr-defined]


async def state(gateway: RunningGateway, number: str) -> tuple[Any, ...]:
    row = await gateway.pool.fetchrow(
        "SELECT state, handler FROM incident WHERE number = $1", number
    )
    return tuple(row or ())


async def test_code_takes_its_record_on_once(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, text, code = await told_of(gateway, phones[0], "all is down")
    assert f"{PUBLIC}/r/" in text
    for _ in range(2):
        status, body = await reply(gateway, code.lower(), number="SM-once")
        assert (status, "Message" in body) == (200, False)
    assert await phones[0].next() == f"You have taken on {number}: all is down"
    assert await state(gateway, number) == ("in_progress", "ann")
    events = "SELECT facts->>'via' FROM timeline WHERE event = 'accepted'"
    assert [row[0] for row in await gateway.pool.fetch(events)] == ["sms"]
    await reply(gateway, "?")
    assert (await phones[0].next()).startswith("Reply with the code")


async def test_reply_without_code_takes_the_one_record_that_waits_on(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, _ = await told_of(gateway, phones[0], "first")
    await reply(gateway, "收到")
    assert number in await phones[0].next()
    assert (await state(gateway, number))[0] == "in_progress"
    await reply(gateway, "1")
    assert await phones[0].next() == "No record that you were told of waits."


async def test_reply_without_code_names_the_records_if_several_wait(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    first, _, code = await told_of(gateway, phones[0], "mail is down")
    second, _, _ = await told_of(gateway, phones[0], "printers on floor nine are out of paper")
    await reply(gateway, "ack")
    listed = await phones[0].next()
    assert first in listed
    assert second in listed
    assert (await state(gateway, first))[0] == (await state(gateway, second))[0] == "logged"
    await reply(gateway, f"ack {code}")
    assert first in await phones[0].next()
    assert ((await state(gateway, first))[0], (await state(gateway, second))[0]) == (
        "in_progress",
        "logged",
    )
    await reply(gateway, f"ack {second} coming")
    assert second in await phones[0].next()


async def test_reply_to_a_record_that_is_another_now_is_refused_with_explanation(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    for action, body in (
        ("acknowledge", {"person": "ann"}),
        ("resolve", {"solution": "restarted"}),
        ("refuse", {"note": "it is down again"}),
    ):
        answer = await gateway.post(f"/api/v1/incidents/{number}/{action}", body, "write")
        assert answer.status == 200
    before = await state(gateway, number)
    await reply(gateway, code)
    while "since that message" not in (said := await phones[0].next()):
        pass
    assert said.startswith(f"{number} has fired or was opened again")
    assert await state(gateway, number) == before


async def test_record_that_another_has_is_not_taken_away(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    await gateway.post(f"/api/v1/incidents/{number}/acknowledge", {"person": "bob"}, "write")
    await reply(gateway, code)
    assert await phones[0].next() == f"bob has {number} already."
    assert (await state(gateway, number))[1] == "bob"


async def test_ended_record_is_told_to_be_ended(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    for action, body in (
        ("acknowledge", {"person": "ann"}),
        ("resolve", {"solution": "restarted"}),
    ):
        answer = await gateway.post(f"/api/v1/incidents/{number}/{action}", body, "write")
        assert answer.status == 200
    await reply(gateway, code)
    while "nothing to do" not in (said := await phones[0].next()):
        pass
    assert number in said


async def test_person_who_cannot_says_so_with_a_reason(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    await reply(gateway, f"no {code} on a plane")
    while "noted that you cannot" not in (said := await phones[0].next()):
        pass
    assert number in said
    reason = "SELECT facts->>'reason' FROM timeline WHERE event = 'declined'"
    assert await gateway.pool.fetchval(reason) == "on a plane"


async def test_unknown_reply_is_noted_and_answered_with_help_once_a_day(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, _ = await told_of(gateway, phones[0], "all is down")
    for _ in range(2):
        status, body = await reply(gateway, "who is this?")
        assert (status, "Message" in body) == (200, False)
    assert (await phones[0].next()).startswith("Reply with the code")
    assert phones[0].sent.empty()
    notes = "SELECT count(*) FROM timeline WHERE event = 'note'"
    assert await gateway.pool.fetchval(notes) == 2
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 1
    assert (await state(gateway, number))[0] == "logged"
    await gateway.pool.execute("UPDATE sms_sender SET helped_at = helped_at - interval '1 day'")
    await reply(gateway, "help")
    assert (await phones[0].next()).startswith("Reply with the code")


async def test_stop_ends_text_messages_until_start(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    await told_of(gateway, phones[0], "all is down")
    await reply(gateway, "STOP")
    record = {"title": "mail is down", "impact": "business", "urgency": "urgent"}
    await gateway.post("/api/v1/incidents", record, "write")
    dead = "SELECT last_error FROM outbox WHERE state = 'dead' AND recipient = 'ann'"
    async with asyncio.timeout(10):
        while (error := await gateway.pool.fetchval(dead)) is None:
            await asyncio.sleep(0.02)  # noqa: TID251 - waits for the runner, not for time
    assert "STOP" in error
    assert phones[0].sent.empty()
    await reply(gateway, "start")
    assert (await phones[0].next()).startswith("You get text messages again")


async def test_strangers_and_people_who_were_not_told_take_nothing_on(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    await reply(gateway, f"ack {code}", BOB)
    assert "最近一天的短信中没有此代码" in await phones[0].next(BOB)
    await reply(gateway, f"ack {code}", "+8613800138009")
    assert (await state(gateway, number))[0] == "logged"


async def test_record_that_is_restricted_since_is_not_named(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    await gateway.pool.execute("UPDATE incident SET security = true")
    await gateway.pool.execute("UPDATE person SET roles = '{tier2}' WHERE login = 'ann'")
    for text in (code, f"ack {number}"):
        await reply(gateway, text)
        assert number not in await phones[0].next()
    assert (await state(gateway, number))[0] == "logged"


async def test_reply_that_twilio_did_not_sign_does_nothing(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    number, _, code = await told_of(gateway, phones[0], "all is down")
    status, _ = await reply(gateway, code, secret="x" * 32)
    assert status == 401
    assert (await state(gateway, number))[0] == "logged"


async def test_long_text_of_somebody_who_was_told_is_a_report(
    gateway: RunningGateway, phones: tuple[Phones, str]
) -> None:
    await told_of(gateway, phones[0], "all is down")
    _, body = await reply(gateway, "the coffee machine on floor 3 does not work any more")
    assert "INC-" in body
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 2
