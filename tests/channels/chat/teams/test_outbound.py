"""A workflow that is off is tried a few times; its address is a secret."""

from collections.abc import AsyncIterator

import pytest

from gateway.channels.chat.teams.outbound import TeamsChannel
from gateway.channels.chat.teams.section import TeamsSection
from gateway.egress.api_client import JsonApiClient
from gateway.notify.message import Delivered, Retry, Undeliverable
from tests.support.clock import FakeClock
from tests.support.messages import message
from tests.support.vendor import FakeVendor, fake_vendor

PATH = "/workflows/1/triggers/manual/paths/invoke"


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        vendor.answer(PATH, (202, ""))
        yield vendor


@pytest.fixture
async def channel(fake: FakeVendor, clock: FakeClock) -> AsyncIterator[TeamsChannel]:
    call = JsonApiClient.open("", clock, allow_private=True, may_be_empty=True)
    address = f"{fake.url}{PATH}?api-version=2016-06-01&sig=s%2B3cret"
    yield TeamsChannel(TeamsSection(workflows={"ops": address}), call)
    await call.close()


async def test_accepted_card_is_delivered_with_the_signature_unchanged(
    channel: TeamsChannel, fake: FakeVendor
) -> None:
    assert await channel.send(message("ops")) == Delivered()
    assert fake.asked[0].query["sig"] == "s+3cret"
    assert channel.endpoint("ops") == "teams:ops"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "WorkflowTriggerIsNotEnabled", Retry),
        (401, "DirectApiAuthorizationRequired", Retry),
        (404, "WorkflowNotFound", Undeliverable),
        (413, "RequestEntityTooLarge", Undeliverable),
    ],
)
async def test_refusal_names_its_code_and_no_secret(
    channel: TeamsChannel, fake: FakeVendor, status: int, code: str, kind: type
) -> None:
    fake.answer(PATH, (status, {"error": {"code": code, "message": "…"}}))
    result = await channel.send(message("ops"))
    assert isinstance(result, kind)
    assert isinstance(result, Retry | Undeliverable)
    assert code in result.reason
    assert "s+3cret" not in result.reason
    fake.answer(PATH, (status, {"error": "x"}))
    assert isinstance(await channel.send(message("ops")), kind)


@pytest.mark.parametrize("name", ["", "other", "https://10.0.0.1/x"])
async def test_workflow_that_is_not_of_the_settings_is_refused(
    channel: TeamsChannel, fake: FakeVendor, name: str
) -> None:
    result = await channel.send(message(name))
    assert result == Undeliverable(f"Teams: there is no notify.teams.workflows.{name}")
    assert fake.asked == []
