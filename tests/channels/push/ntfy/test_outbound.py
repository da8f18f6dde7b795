"""ntfy rings by urgency, opens the record, and is asked for topics alone."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.channels.push.ntfy.outbound import NtfyChannel
from gateway.channels.push.ntfy.section import NtfySection
from gateway.egress.api_client import JsonApiClient
from gateway.incidents.labels import Locale
from gateway.notify.message import Delivered, Undeliverable
from tests.support.clock import FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor

OK = {"id": "hwQ2YpKdmg", "event": "message"}
LINK = "https://gateway.example.com/r/x"


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer("/", OK)
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, clock: FakeClock) -> AsyncIterator[NtfyChannel]:
    call = JsonApiClient.open(fake.url, clock, allow_private=True)
    yield NtfyChannel(NtfySection(address=fake.url), call)
    await call.close()


@pytest.mark.parametrize(("urgency", "priority"), [(1, 5), (2, 4), (3, 3), (4, 2), (5, 3)])
async def test_priority_follows_record(
    channel: NtfyChannel, fake: FakeVendor, urgency: int, priority: int
) -> None:
    await channel.send(replace(message("ops"), urgency=urgency))
    assert fake.bodies("/")[0]["priority"] == priority


@pytest.mark.parametrize(("locale", "label"), [("en", "Open"), ("zh-CN", "打开")])
async def test_link_opens_record_by_tap_and_by_button(
    channel: NtfyChannel, fake: FakeVendor, locale: Locale, label: str
) -> None:
    await channel.send(replace(message("ops"), link=LINK, locale=locale))
    (body,) = fake.bodies("/")
    assert body["click"] == LINK
    assert body["actions"] == [{"action": "view", "label": label, "url": LINK}]


async def test_message_without_link_has_no_button(channel: NtfyChannel, fake: FakeVendor) -> None:
    await channel.send(message("ops"))
    assert not {"click", "actions", "markdown"} & fake.bodies("/")[0].keys()
    assert "authorization" not in {name.lower() for name in fake.asked[0].headers}


async def test_repeat_of_a_message_has_the_same_sequence(
    channel: NtfyChannel, fake: FakeVendor
) -> None:
    one = message("ops")
    assert await channel.send(one) == await channel.send(one) == Delivered(f"ops/={one.id}")
    first, second = fake.bodies("/")
    assert first == second


async def test_server_that_deletes_nothing_is_told_of(
    channel: NtfyChannel, fake: FakeVendor
) -> None:
    fake.answer("/ops/1", (404, {"code": 40401, "http": 404, "error": "page not found"}))
    result = await channel.cancel("ops/=1")
    assert isinstance(result, Undeliverable)
    assert "2.16" in result.reason


@pytest.mark.parametrize("topic", ["", "a/b", "../v1/account", "x" * 65, "主题", "http://10.0.0.1"])
async def test_address_that_is_no_topic_is_refused_without_a_call(
    channel: NtfyChannel, fake: FakeVendor, topic: str
) -> None:
    assert isinstance(await channel.send(message(topic)), Undeliverable)
    assert fake.asked == []
