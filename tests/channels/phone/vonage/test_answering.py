"""A person whom Vonage calls hears the record and takes it on by a key, if Vonage signs for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import web

from gateway.settings import Database, PhoneProvider
from gateway.timing.clock import SystemClock
from tests.channels.phone.carriers import FakeCarrier, configured, serving, vonage_tables
from tests.channels.phone.twilio.test_twilio import PERSON
from tests.channels.phone.vonage.test_inbound import SECRET, token
from tests.support.served import RunningGateway, served


@pytest.fixture
async def fake() -> AsyncIterator[FakeCarrier]:
    fake = FakeCarrier(status=201, body={"uuid": "cccc", "status": "started"})

    async def take(request: web.Request) -> web.Response:
        return fake.answer(msgspec.json.decode(await request.read()))

    async with serving(fake, [web.post("/v1/calls", take)]):
        yield fake


@pytest.fixture
async def gateway(fake: FakeCarrier, database_url: str) -> AsyncIterator[RunningGateway]:
    plain = configured({"vonage": vonage_tables(fake.url)})
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        notify=msgspec.structs.replace(
            plain.notify, recipients={"incident_manager": ("voice:ann",)}
        ),
        phone=msgspec.structs.replace(
            plain.phone, providers={"vonage": PhoneProvider(secrets=(SECRET,))}
        ),
        links=msgspec.structs.replace(plain.links, secret="s" * 32),
    )
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(served(settings))
        await running.pool.execute(PERSON, "ann", "+8613800138000", "en")
        yield running


async def alarm_query(gateway: RunningGateway, fake: FakeCarrier) -> str:
    """Open an urgent record and return the query of the address that the call asks at."""
    record = {"title": "all is down", "impact": "business", "urgency": "urgent"}
    assert (await gateway.post("/api/v1/incidents", record, "write")).status == 201
    async with asyncio.timeout(10):
        await fake.heard.wait()
    return urlsplit(str(fake.asked[0]["answer_url"][0])).query


async def heard(gateway: RunningGateway, query: str, key: str, header: str | None = None) -> Any:
    """Return the script for a person who answers the call, or who pressed a key."""
    told = {"from": "18005551212", "to": "8613800138000", "conversation_uuid": "CON-1"}
    body = msgspec.json.encode(told | ({"dtmf": {"digits": key}} if key else {}))
    signed = token(body, iat=int(SystemClock().now().timestamp())) if header is None else header
    return await gateway.client.post(
        f"/ingest/phone/vonage/alarm/{gateway.keys['ingest']}?{query}",
        data=body,
        headers={"Authorization": signed, "Content-Type": "application/json"},
    )


async def test_person_hears_record_and_takes_it_on(
    gateway: RunningGateway, fake: FakeCarrier
) -> None:
    query = await alarm_query(gateway, fake)
    script = await (await heard(gateway, query, "")).json()
    talks = " ".join(action.get("text", "") for action in script)
    assert "all is down" in talks
    next_address = urlsplit(script[-1]["eventUrl"][0])
    assert next_address.path.startswith("/ingest/phone/vonage/alarm/")
    assert "taken on" in await (await heard(gateway, next_address.query, "1")).text()
    row = await gateway.pool.fetchrow("SELECT state, handler FROM incident")
    assert tuple(row or ()) == ("in_progress", "ann")


async def test_key_that_vonage_did_not_sign_acknowledges_nothing(
    gateway: RunningGateway, fake: FakeCarrier
) -> None:
    query = await alarm_query(gateway, fake)
    assert (await heard(gateway, query, "1", "")).status == 401
    assert await gateway.pool.fetchval("SELECT state FROM incident") == "logged"
