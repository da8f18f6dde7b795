"""Bark's server reports a device that is gone as its own error."""

from collections.abc import AsyncIterator

import pytest

from gateway.channels.push.bark.outbound import BarkChannel
from gateway.channels.push.bark.section import BarkSection
from gateway.egress.api_client import JsonApiClient
from gateway.notify.message import Delivered, Retry, Undeliverable
from tests.support.clock import FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor

DEVICE = "ynJ5Ft4atkMkWeo2PAvFhF"
OK = {"code": 200, "message": "success"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer("/push", OK)
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, clock: FakeClock) -> AsyncIterator[BarkChannel]:
    call = JsonApiClient.open(fake.url, clock, allow_private=True, judges_failures=True)
    yield BarkChannel(BarkSection(address=fake.url, encryption_key="k" * 16), call)
    await call.close()


@pytest.mark.parametrize(
    "reason", ["push failed: APNS push failed: BadDeviceToken", "APNS push failed: Unregistered"]
)
async def test_device_that_is_gone_is_given_up_and_leaves_server_alone(
    channel: BarkChannel, fake: FakeVendor, reason: str
) -> None:
    fake.answer("/push", (500, {"code": 500, "message": reason}))
    assert isinstance(await channel.send(message(DEVICE)), Undeliverable)


async def test_other_fault_of_server_is_retried(channel: BarkChannel, fake: FakeVendor) -> None:
    fake.answer("/push", (500, {"code": 500, "message": "push failed: i/o timeout"}))
    result = await channel.send(message(DEVICE))
    assert isinstance(result, Retry)
    assert result.down


async def test_encrypted_push_shows_server_only_device_and_id(
    channel: BarkChannel, fake: FakeVendor
) -> None:
    sent = [await channel.send(message(DEVICE)) for _ in range(2)]
    assert [type(one) for one in sent] == [Delivered, Delivered]
    first, second = fake.bodies("/push")
    assert first.keys() == {"device_key", "id", "ciphertext", "iv"}
    assert first["iv"] != second["iv"]


async def test_refusal_does_not_show_device_key(channel: BarkChannel, fake: FakeVendor) -> None:
    fake.answer("/push", (400, {"code": 400, "message": f"failed to get [{DEVICE}] device token"}))
    result = await channel.send(message(DEVICE))
    assert isinstance(result, Undeliverable)
    assert DEVICE not in result.reason


@pytest.mark.parametrize("device", ["", "a/b", "https://api.day.app/x", "x" * 65, "短"])
async def test_address_that_is_no_device_key_is_refused_without_a_call(
    channel: BarkChannel, fake: FakeVendor, device: str
) -> None:
    assert isinstance(await channel.send(message(device)), Undeliverable)
    assert fake.asked == []
