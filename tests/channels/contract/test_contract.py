"""Every vendor's channel keeps the same contract, against a server that answers as its own does."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.app.notifications import open_channels
from gateway.channels.opening import ChannelParts
from gateway.channels.sections import SECTIONS
from gateway.db.pool import Pool
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.delivery import MessageDelivery
from gateway.notify.message import (
    CancellingChannel,
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
    UpdatingChannel,
)
from gateway.notify.outbox_row import OutboxRow
from gateway.observe.metric_labels import SendOutcome
from gateway.observe.metrics import Metrics
from gateway.settings import PhoneProvider, load
from gateway.settings.notify import VendorTables
from gateway.vocabulary import AlertStatus
from tests.channels.contract.fake_service import (
    RECORDED,
    Contract,
    FakeService,
    fake_service,
    recorded,
)
from tests.support.clock import NOON, FakeClock
from tests.support.intake import intake_harness
from tests.support.messages import message

FOLDER = Path(__file__).parent / "vendors"
CONTRACTS: Mapping[str, Contract] = {
    path.stem: import_module(f"tests.channels.contract.vendors.{path.stem}").CONTRACT
    for path in sorted(FOLDER.glob("[a-z]*.py"))
}
OPTIONAL = frozenset({"slow_down", "unknown_recipient", "revoked_token", "updated", "cancelled"})
CALLERS = {
    "twilio": PhoneProvider(secrets=("t0ken-of-32-letters-and-digits-1",)),
    "vonage": PhoneProvider(secrets=("s" * 32,)),
}
LINK = "https://gateway.example.com/r/0a1b2c3d.7.1796000000.cGVyc29uOm9sZ2E." + "x" * 43
LONG = "磁盘满了 <!channel> @all [x](https://evil.example) 🔥\n" * 700


@dataclass
class Opened:
    """A channel with the fake server that it is opened for."""

    name: str
    contract: Contract
    channel: NotificationChannel
    service: FakeService
    incident_id: int

    def message(self, **more: Any) -> Message:
        made = replace(
            message(self.contract.recipient), link=LINK, urgency=1, incident_id=self.incident_id
        )
        return replace(made, **more)


async def opened_with(
    stack: AsyncExitStack, name: str, pool: Pool, clock: FakeClock, changed: Mapping[str, Any]
) -> tuple[NotificationChannel, FakeService]:
    contract = CONTRACTS[name]
    service = await stack.enter_async_context(fake_service(name, contract))
    plain = load(None, {})
    if contract.subscribe is not None:
        await contract.subscribe(pool, service.url)
    settings = msgspec.structs.replace(
        plain,
        vendors=VendorTables({name: contract.table(service.url) | dict(changed)}),
        phone=msgspec.structs.replace(
            plain.phone, public_url="https://gw.example", providers=CALLERS
        ),
    )
    assert changed or list(SECTIONS[name].find_flaws(settings)) == []
    parts = ChannelParts(stack, pool, settings, clock, (b"s" * 32,))
    return open_channels(parts)[contract.channel], service


@pytest.fixture(params=sorted(CONTRACTS))
async def opened(
    request: pytest.FixtureRequest, pool: Pool, database_url: str, clock: FakeClock
) -> AsyncIterator[Opened]:
    """Each vendor's channel, and a record that its messages are about."""
    contract = CONTRACTS[request.param]
    async with intake_harness(database_url, clock) as intake:
        await intake.one("disk", AlertStatus.FIRING)
        incident_id = await intake.conn.fetchval("SELECT id FROM incident")
    if contract.prepare is not None:
        await contract.prepare(pool)
    async with AsyncExitStack() as stack:
        channel, service = await opened_with(stack, request.param, pool, clock, {})
        yield Opened(request.param, contract, channel, service, incident_id)
        assert service.faults == []


def test_every_vendor_has_a_fake_server_and_recorded_answers() -> None:
    assert CONTRACTS.keys() == SECTIONS.keys()
    for name, contract in CONTRACTS.items():
        assert contract.lacks.keys() <= OPTIONAL
        answers = {path.stem for path in (RECORDED / name).glob("*.http")}
        assert answers >= {"delivered", *OPTIONAL} - contract.lacks.keys(), name


async def test_message_is_delivered_with_link_and_subject(opened: Opened) -> None:
    assert isinstance(await opened.channel.send(opened.message()), Delivered)
    assert len(opened.service.of("delivered")) == 1


@pytest.mark.parametrize("text", [LONG, "", "x" * 60_000], ids=["signs", "nothing", "one word"])
async def test_message_of_any_length_keeps_limits_of_vendor(opened: Opened, text: str) -> None:
    about_none = opened.message(text=text, subject=f"[INC-1] {text[:200]}", incident_id=None)
    assert isinstance(await opened.channel.send(opened.message(text=text)), Delivered)
    assert isinstance(await opened.channel.send(about_none), Delivered | Undeliverable)


async def test_request_to_slow_down_is_heeded(opened: Opened) -> None:
    if "slow_down" in opened.contract.lacks:
        pytest.skip(opened.contract.lacks["slow_down"])
    opened.service.forced = recorded(opened.name, "slow_down")
    result = await opened.channel.send(opened.message())
    assert isinstance(result, Retry)
    assert (result.down, result.at_most) == (False, None)
    waits = opened.contract.waits
    assert result.after == (None if waits is None else timedelta(seconds=waits))


def gives_up(result: Result) -> bool:
    """Return whether a result is final, now or after a few attempts."""
    if isinstance(result, Retry):
        return result.at_most is not None and result.at_most <= FEW_ATTEMPTS
    return isinstance(result, Undeliverable)


async def test_unknown_recipient_is_given_up(opened: Opened) -> None:
    if "unknown_recipient" in opened.contract.lacks:
        pytest.skip(opened.contract.lacks["unknown_recipient"])
    result = await opened.channel.send(opened.message(recipient=opened.contract.unknown))
    assert gives_up(result), result


@pytest.mark.parametrize("name", sorted(CONTRACTS))
async def test_revoked_token_is_given_up_without_being_shown(
    name: str, pool: Pool, clock: FakeClock
) -> None:
    contract = CONTRACTS[name]
    if "revoked_token" in contract.lacks:
        pytest.skip(contract.lacks["revoked_token"])
    if contract.prepare is not None:
        await contract.prepare(pool)
    async with AsyncExitStack() as stack:
        channel, service = await opened_with(stack, name, pool, clock, contract.revoked)
        result = await channel.send(message(contract.recipient))
        assert gives_up(result), result
        assert not isinstance(result, Delivered)
        secrets = [str(value) for value in contract.revoked.values()]
        assert not [secret for secret in secrets if secret in result.reason]
        assert service.faults == []


async def test_message_is_changed_by_its_handle(opened: Opened) -> None:
    if "updated" in opened.contract.lacks:
        assert not isinstance(opened.channel, UpdatingChannel)
        pytest.skip(opened.contract.lacks["updated"])
    assert isinstance(opened.channel, UpdatingChannel)
    first = await opened.channel.send(opened.message())
    assert isinstance(first, Delivered)
    changed = opened.message(id=uuid4(), text="it is over\n")
    assert isinstance(await opened.channel.update(changed, first.handle), Delivered)
    assert [case for case, _ in opened.service.calls if case != "token"] == ["delivered", "updated"]


async def test_message_is_taken_back_by_its_handle(opened: Opened) -> None:
    if "cancelled" in opened.contract.lacks:
        assert not isinstance(opened.channel, CancellingChannel)
        pytest.skip(opened.contract.lacks["cancelled"])
    assert isinstance(opened.channel, CancellingChannel)
    sent = await opened.channel.send(opened.message())
    assert isinstance(sent, Delivered)
    assert isinstance(await opened.channel.cancel(sent.handle), Delivered)
    assert len(opened.service.of("cancelled")) == 1


async def test_failing_server_counts_against_endpoint(opened: Opened) -> None:
    for status in (500, 502, 503):
        opened.service.forced = web.Response(status=status, text="<html>Bad Gateway</html>")
        result = await opened.channel.send(opened.message())
        assert isinstance(result, Retry)
        assert (result.down, result.at_most) == (True, None)


@pytest.mark.parametrize("text", ["<html>captive portal</html>", "[]", "null", '{"x": 1}', "{"])
async def test_answer_that_is_not_the_vendors_is_no_delivery(opened: Opened, text: str) -> None:
    if opened.name == "apprise":
        pytest.skip("the library believes every 200")
    if opened.name == "twilio" or (opened.name == "teams" and text == '{"x": 1}'):
        pytest.skip("the status alone says that it was accepted")
    opened.service.forced = web.Response(status=200, text=text, content_type="application/json")
    assert isinstance(await opened.channel.send(opened.message()), Retry)


async def test_redirect_is_not_followed(opened: Opened) -> None:
    if opened.name == "apprise":
        pytest.skip("the library calls by itself")
    where = {"location": f"{opened.service.url}/elsewhere"}
    opened.service.forced = web.Response(status=302, headers=where)
    assert not isinstance(await opened.channel.send(opened.message()), Delivered)
    assert [call.path for _, call in opened.service.calls if "elsewhere" in call.path] == []


async def test_server_that_does_not_answer_is_left_alone(
    opened: Opened, pool: Pool, clock: FakeClock
) -> None:
    opened.service.hangs = True
    delivery = MessageDelivery(
        pool=pool,
        channels={opened.contract.channel: opened.channel},
        metrics=Metrics(CollectorRegistry()),
        clock=clock,
        send_timeout_s=0.3,
    )
    row = OutboxRow(
        id=uuid4(),
        incident_id=opened.incident_id,
        channel=opened.contract.channel,
        recipient=opened.contract.recipient,
        role="leader",
        template="opened",
        facts={"number": "INC-20260302-000001", "priority": 1},
        created_at=NOON,
        attempts=1,
        claimed_at=NOON,
    )
    attempt = await delivery.attempt(row)
    assert (attempt.outcome, attempt.settlement.error) == (
        SendOutcome.RETRY,
        "no answer within 0.3 s",
    )
