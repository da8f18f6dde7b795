"""Twilio calls and texts people; a person who is called can acknowledge the record by a key."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.channels.phone.outgoing.alarm_address import AlarmAddresses
from gateway.channels.phone.outgoing.orders import CallCarrier, TextCarrier
from gateway.channels.phone.outgoing.routed import CarrierOption, RoutedCarriers
from gateway.channels.phone.outgoing.sms import SmsChannel
from gateway.channels.phone.outgoing.sms_text import MOST_PARTS, count_parts
from gateway.channels.phone.outgoing.voice import VoiceChannel
from gateway.channels.phone.twilio.api import TwilioApi, response_result
from gateway.channels.phone.twilio.carrier import TwilioCarrier
from gateway.channels.phone.twilio.inbound import signature
from gateway.channels.phone.twilio.section import TwilioSection
from gateway.db.pool import Pool
from gateway.notify.call_tokens import CallTokens
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.settings import Database, PhoneProvider, load
from gateway.settings.notify import VendorTables
from tests.support.clock import FakeClock
from tests.support.messages import message
from tests.support.served import RunningGateway, served

TOKEN, SECRET = "12345678901234567890123456789012", "s" * 32
PERSON = """
INSERT INTO person (login, name, phone, locale, roles, created_at, updated_at)
VALUES ($1, $1, $2, $3, '{incident_manager}', '2026-01-01', '2026-01-01')
"""


@dataclass
class FakeTwilio:
    """A fake Twilio API that accepts the same requests and answers with a set response."""

    status: int = 201
    body: dict[str, Any] = field(default_factory=lambda: {"sid": "CA1"})
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    auth: str = ""
    url: str = ""
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.auth = request.headers["Authorization"]
        self.asked.append(
            (request.path, {name: str(value) for name, value in (await request.post()).items()})
        )
        self.heard.set()
        return web.json_response(self.body, status=self.status)


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    fake, app = FakeTwilio(), web.Application()
    app.router.add_post("/2010-04-01/Accounts/AC1/{resource}", fake.take)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("/"))
        yield fake


@pytest.fixture
async def carrier(twilio: FakeTwilio, pool: Pool) -> AsyncIterator[TwilioCarrier]:
    """Twilio as a carrier, with two people: Ann reads Chinese, Mute has no telephone."""
    await pool.execute(PERSON, "ann", "+8613800138000", "zh-CN")
    await pool.execute(PERSON, "mute", "", "en")
    settings = TwilioSection(
        account="AC1",
        token=TOKEN,
        sender="+15550100000",
        key="gwk_x",
        api=twilio.url,
    )
    opened = TwilioApi.open(settings)
    base = "https://gw.example/ingest/phone/twilio"
    yield TwilioCarrier(opened, AlarmAddresses(base, "gwk_x", CallTokens((b"x" * 32,))))
    await opened.close()


def sms(carrier: TextCarrier, pool: Pool, clock: FakeClock) -> SmsChannel:
    carriers = {"twilio": CarrierOption(carrier, 6, "")}
    return SmsChannel(RoutedCarriers("notify.sms.routes", carriers, {}, clock), pool, clock, "UTC")


def voice(carrier: CallCarrier, pool: Pool, clock: FakeClock) -> VoiceChannel:
    carriers = {"twilio": CarrierOption(carrier, 6, "")}
    return VoiceChannel(RoutedCarriers("notify.voice.routes", carriers, {}, clock), pool, clock)


async def test_sms_is_sent_in_language_of_recipient(
    carrier: TwilioCarrier, twilio: FakeTwilio, pool: Pool, clock: FakeClock
) -> None:
    assert await sms(carrier, pool, clock).send(message("ann")) == Delivered("CA1")
    ((path, told),) = twilio.asked
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert (told["To"], told["From"]) == ("+8613800138000", "+15550100000")
    assert "新登记" in told["Body"]
    assert count_parts(told["Body"]) <= MOST_PARTS
    assert base64.b64decode(twilio.auth.removeprefix("Basic ")).decode() == f"AC1:{TOKEN}"


async def test_sms_without_phone_is_dead_and_rate_limited_sms_is_retried(
    carrier: TwilioCarrier, twilio: FakeTwilio, pool: Pool, clock: FakeClock
) -> None:
    channel = sms(carrier, pool, clock)
    for login in ("mute", "nobody"):
        assert isinstance(await channel.send(message(login)), Undeliverable)
    calls = voice(carrier, pool, clock)
    assert await calls.send(message("ann")) == Undeliverable("there is no such record")
    about_nothing = replace(message("ann"), incident_id=None)
    assert await calls.send(about_nothing) == Undeliverable("a call is about a record")
    assert isinstance(await calls.send(message("mute")), Undeliverable)
    for _ in range(6):
        await pool.execute(
            "INSERT INTO outbox (id, channel, recipient, template, facts, created_at, "
            "next_attempt_at, state, settled_at) "
            "VALUES (gen_random_uuid(), 'sms', 'ann', 'opened', '{}', $1, $1, 'sent', $1)",
            clock.now(),
        )
    assert isinstance(await channel.send(message("ann")), Retry)
    assert twilio.asked == []


async def test_rate_limit_of_mild_messages_does_not_block_urgent_one(
    carrier: TwilioCarrier, twilio: FakeTwilio, pool: Pool, clock: FakeClock
) -> None:
    called = (
        "INSERT INTO outbox (id, channel, recipient, reached, urgency, template, facts, "
        "created_at, next_attempt_at, state,"
        " settled_at) VALUES (gen_random_uuid(), 'person', 'ann', 'sms:ann', $2, 'sla_breached', "
        "'{}', $1, $1, 'sent', $1)"
    )
    for _ in range(6):
        await pool.execute(called, clock.now(), 3)
    channel = sms(carrier, pool, clock)
    assert isinstance(await channel.send(replace(message("ann"), urgency=3)), Retry)
    assert await channel.send(replace(message("ann"), urgency=2)) == Delivered("CA1")
    for _ in range(5):
        await pool.execute(called, clock.now(), 1)
    assert await channel.send(replace(message("ann"), urgency=1)) == Delivered("CA1")
    await pool.execute(called, clock.now(), 1)
    assert isinstance(await channel.send(replace(message("ann"), urgency=1)), Retry)
    assert len(twilio.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (201, b"{}", Delivered),
        (400, b'{"code": 21211, "message": "no number"}', Undeliverable),
        (404, b"<html>", Undeliverable),
        (401, b"{}", Retry),
        (429, b"[]", Retry),
        (503, b"", Retry),
    ],
)
def test_twilio_answer_maps_to_delivery_result(status: int, body: bytes, kind: type) -> None:
    answer = response_result(status, body, "3" if status == 429 else "")
    assert isinstance(answer, kind)
    assert not isinstance(answer, Undeliverable) or status != 400 or "21211" in answer.reason
    assert not isinstance(answer, Retry) or answer.down is (status != 429)


async def test_called_person_hears_incident_and_accepts_it(
    twilio: FakeTwilio, database_url: str
) -> None:
    plain = load(None, {})
    calling = {
        "account": "AC1",
        "token": TOKEN,
        "sender": "+15550100000",
        "key": "gwk_x",
        "api": twilio.url,
    }
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        notify=msgspec.structs.replace(
            plain.notify, recipients={"incident_manager": ("voice:ann",)}
        ),
        vendors=VendorTables({"twilio": calling}),
        phone=msgspec.structs.replace(
            plain.phone,
            public_url="https://gw.example",
            providers={"twilio": PhoneProvider(secrets=(TOKEN,))},
        ),
        links=msgspec.structs.replace(plain.links, secret=SECRET),
    )
    async with served(settings) as gateway:
        await gateway.pool.execute(PERSON, "ann", "+8613800138000", "en")
        made = await gateway.post(
            "/api/v1/incidents",
            {"title": "all is down", "impact": "business", "urgency": "urgent"},
            "write",
        )
        assert made.status == 201
        told = await called(twilio)
        assert told["To"] == "+8613800138000"
        where = urlsplit(told["Url"])
        assert where.netloc == "gw.example"
        assert "all is down" in await answered(gateway, where.query, "")
        assert "taken on" in await answered(gateway, where.query, "1")
        row = await gateway.pool.fetchrow("SELECT state, handler FROM incident")
        assert tuple(row or ()) == ("in_progress", "ann")


async def called(twilio: FakeTwilio) -> dict[str, str]:
    """Wait until Twilio is asked to call and return the fields of that request."""
    async with asyncio.timeout(10):
        await twilio.heard.wait()
    return twilio.asked[0][1]


async def answered(gateway: RunningGateway, query: str, key: str) -> str:
    """Return the TwiML for a person who answers the call, or who pressed a key."""
    path = f"/ingest/phone/twilio/alarm/{gateway.keys['ingest']}?{query}"
    told = {
        "CallSid": "CA1",
        "Direction": "outbound-api",
        "From": "+15550100000",
        "To": "+8613800138000",
        "CallStatus": "in-progress",
    }
    told |= {"Digits": key} if key else {}
    given = signature(TOKEN, "https://gw.example" + path, tuple(told.items()))
    answer = await gateway.client.post(path, data=told, headers={"X-Twilio-Signature": given})
    assert answer.status == 200
    return await answer.text()
