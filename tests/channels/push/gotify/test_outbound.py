"""Gotify is called with the token of an application, which is not shown."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.channels.push.gotify.outbound import GotifyChannel
from gateway.channels.push.gotify.section import GotifySection
from gateway.egress.api_client import JsonApiClient
from gateway.notify.message import Delivered, Retry, Undeliverable
from tests.support.clock import FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor

TOKEN = "AzyoeNS.D4iJLVa"


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer("/message", {"id": 25, "appid": 5})
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, clock: FakeClock) -> AsyncIterator[GotifyChannel]:
    call = JsonApiClient.open(fake.url, clock, allow_private=True, may_be_empty=True)
    yield GotifyChannel(GotifySection(address=fake.url, apps={"ops": TOKEN}), call)
    await call.close()


@pytest.mark.parametrize(
    ("recipient", "handle"), [("ops", "ops/=25"), ("Aother.token-00", "app/=25")]
)
async def test_handle_holds_no_token(channel: GotifyChannel, recipient: str, handle: str) -> None:
    assert await channel.send(message(recipient)) == Delivered(handle)


@pytest.mark.parametrize(("urgency", "priority"), [(1, 10), (2, 8), (3, 5), (4, 3), (5, 5)])
async def test_priority_and_click_follow_record(
    channel: GotifyChannel, fake: FakeVendor, urgency: int, priority: int
) -> None:
    await channel.send(replace(message("ops"), urgency=urgency, link="https://gw.example/r/x"))
    (body,) = fake.bodies("/message")
    assert body["priority"] == priority
    assert body["extras"]["client::notification"] == {"click": {"url": "https://gw.example/r/x"}}
    assert fake.asked[0].headers["x-gotify-key"] == TOKEN


async def test_refused_token_of_one_is_no_fault_of_the_server(
    channel: GotifyChannel, fake: FakeVendor
) -> None:
    fake.answer("/message", (401, {"error": "Unauthorized", "errorCode": 401}))
    result = await channel.send(message("ops"))
    assert isinstance(result, Retry)
    assert not result.down


async def test_message_is_not_taken_back_without_client_token(
    channel: GotifyChannel, fake: FakeVendor
) -> None:
    result = await channel.cancel("ops/=25")
    assert isinstance(result, Undeliverable)
    assert "notify.gotify.client_token" in result.reason
    assert fake.asked == []


async def test_message_that_is_gone_is_taken_back(fake: FakeVendor, clock: FakeClock) -> None:
    call = JsonApiClient.open(fake.url, clock, allow_private=True, may_be_empty=True)
    one = GotifyChannel(GotifySection(address=fake.url, client_token="C" * 15), call)
    fake.answer("/message/25", (404, {"error": "Not Found"}), (400, {"errorDescription": "x"}))
    assert await one.cancel("ops/=25") == Delivered("ops/=25")
    assert isinstance(await one.cancel("ops/=25"), Undeliverable)
    await call.close()


@pytest.mark.parametrize("recipient", ["", "nobody", "Cclient.token-00", "A/../client"])
async def test_address_that_is_no_application_is_refused_without_a_call(
    channel: GotifyChannel, fake: FakeVendor, recipient: str
) -> None:
    assert isinstance(await channel.send(message(recipient)), Undeliverable)
    assert fake.asked == []
