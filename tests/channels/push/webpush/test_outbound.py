"""Every browser of a person is called; those that are gone are forgotten."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.access.reporter_links import ReporterLinks
from gateway.channels.opening import ChannelPages, ChannelParts, PageParts
from gateway.channels.push.webpush import subscriptions
from gateway.channels.push.webpush.content import topic_of
from gateway.channels.push.webpush.outbound import NAME, WebPushChannel, open_channels
from gateway.channels.push.webpush.pages import open_pages
from gateway.channels.push.webpush.push_client import PushClient
from gateway.channels.push.webpush.results import NO_BROWSER, OTHER_KEY
from gateway.channels.push.webpush.vapid import key_of_secret, to_base64
from gateway.db.pool import Pool
from gateway.errors import Unavailable
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.pages.rendering import Pages
from gateway.settings import load
from gateway.settings.notify import VendorTables
from tests.support.clock import NOON, FakeClock
from tests.support.messages import message
from tests.support.push_service import FakePushService, fake_push_service

SECRET = b"s" * 32
OURS, BEFORE, ANOTHER = (key_of_secret(bytes([number]) * 32) for number in (1, 2, 3))
KEYS = f"{to_base64(bytes([1]) * 32)} {to_base64(bytes([2]) * 32)}"
PERSON = """
INSERT INTO person (login, name, locale, zone, roles, active, created_at, updated_at)
VALUES ($1, $1, $2, 'Asia/Shanghai', '{}', $3 <> '', '2026-01-01', '2026-01-01')
"""


@dataclass
class Desk:
    """Olga, the channel that calls her browsers, and their push service."""

    pool: Pool
    channel: WebPushChannel
    service: FakePushService

    async def subscribe(self, path: str = "/a", key: bytes = OURS.public) -> int:
        return await self.service.browser.subscribe(self.pool, "olga", self.service.url + path, key)

    async def browsers(self) -> list[dict[str, Any]]:
        rows = await self.pool.fetch("SELECT * FROM push_subscription ORDER BY id")
        return [dict(row) for row in rows]


@pytest.fixture
async def desk(pool: Pool, clock: FakeClock) -> AsyncIterator[Desk]:
    await pool.execute(PERSON, "olga", "zh-CN", "active")
    await pool.execute(PERSON, "left", "en", "")
    client = PushClient.open("mailto:ops@example.com", clock, allow_private=True)
    channel = WebPushChannel(pool, client, clock, KEYS, SECRET, "UTC")
    async with fake_push_service(NOON) as service:
        yield Desk(pool, channel, service)
    await client.close()


async def test_message_reaches_every_browser_in_the_persons_language(desk: Desk) -> None:
    await desk.subscribe("/a")
    await desk.subscribe("/b?token=Az%2f0%2b")
    sent = replace(message("olga"), urgency=1, link="https://gateway.example.com/r/x")
    result = await desk.channel.send(sent)
    topic = topic_of(7, SECRET)
    assert result == Delivered(f"olga/={topic}")
    assert {one.path for one in desk.service.pushed} == {"/a", "/b?token=Az%2f0%2b"}
    for one in desk.service.pushed:
        assert one.shown["title"] == "[INC-20260302-0001] P1 新登记：disk full"
        assert "2026-03-02 20:30" in one.shown["body"]
        assert (one.shown["link"], one.shown["tag"]) == (sent.link, topic)
        assert (one.headers["topic"], one.headers["urgency"]) == (topic, "high")
        assert (one.proof.key, one.proof.claims["sub"]) == (OURS.public, "mailto:ops@example.com")
    assert [one["last_sent_at"] for one in await desk.browsers()] == [NOON, NOON]


async def test_each_browser_is_called_with_the_key_it_subscribed_with(desk: Desk) -> None:
    await desk.subscribe("/new", OURS.public)
    await desk.subscribe("/old", BEFORE.public)
    await desk.channel.send(message("olga"))
    keys = {one.path: one.proof.key for one in desk.service.pushed}
    assert keys == {"/new": OURS.public, "/old": BEFORE.public}


async def test_browser_of_a_key_that_is_not_ours_is_kept_and_told_of(desk: Desk) -> None:
    await desk.subscribe("/a", ANOTHER.public)
    assert await desk.channel.send(message("olga")) == OTHER_KEY
    assert desk.service.pushed == []
    assert len(await desk.browsers()) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_browser_that_is_gone_is_forgotten(desk: Desk, status: int) -> None:
    await desk.subscribe("/gone")
    await desk.subscribe("/here")
    desk.service.answers["/gone"] = (status, {})
    assert isinstance(await desk.channel.send(message("olga")), Delivered)
    assert [one["endpoint"] for one in await desk.browsers()] == [desk.service.url + "/here"]
    desk.service.answers["/here"] = (status, {})
    assert await desk.channel.send(message("olga")) == NO_BROWSER
    assert await desk.browsers() == []


async def test_failures_are_counted_until_one_succeeds(desk: Desk) -> None:
    await desk.subscribe()
    desk.service.answers["/a"] = (429, {"Retry-After": "90"})
    for _ in range(2):
        result = await desk.channel.send(message("olga"))
        assert result == Retry("answered 429", after=timedelta(seconds=90))
    assert [(one["failures"], one["last_sent_at"]) for one in await desk.browsers()] == [(2, None)]
    del desk.service.answers["/a"]
    await desk.channel.send(message("olga"))
    assert [(one["failures"], one["last_sent_at"]) for one in await desk.browsers()] == [(0, NOON)]


async def test_service_that_cannot_be_reached_is_down(desk: Desk) -> None:
    await desk.service.browser.subscribe(desk.pool, "olga", "http://127.0.0.1:9/a", OURS.public)
    result = await desk.channel.send(message("olga"))
    assert isinstance(result, Retry)
    assert result.down


async def test_later_message_of_a_record_replaces_the_earlier_one(desk: Desk) -> None:
    await desk.subscribe()
    first = await desk.channel.send(message("olga"))
    assert isinstance(first, Delivered)
    await desk.channel.send(replace(message("olga"), template="resolved"))
    await desk.channel.update(replace(message("olga"), incident_id=None), first.handle)
    tags = {one.shown["tag"] for one in desk.service.pushed}
    assert (len(tags), len(desk.service.pushed)) == (1, 3)
    assert [one.shown["renotify"] for one in desk.service.pushed] == [True, False, True]


async def test_message_about_no_record_replaces_none(desk: Desk) -> None:
    await desk.subscribe()
    sent = replace(message("olga"), incident_id=None)
    await desk.channel.send(sent)
    (one,) = desk.service.pushed
    assert "topic" not in one.headers
    assert one.shown["tag"] == str(sent.id)


@pytest.mark.parametrize("login", ["olga", "left", "nobody"])
async def test_person_without_browser_is_undeliverable(desk: Desk, login: str) -> None:
    assert isinstance(await desk.channel.send(message(login)), Undeliverable)
    assert isinstance(await desk.channel.send_test(login, "en"), Undeliverable)
    assert desk.service.pushed == []


async def test_test_reaches_every_browser(desk: Desk) -> None:
    await desk.subscribe()
    assert isinstance(await desk.channel.send_test("olga", "zh-CN"), Delivered)
    assert desk.service.pushed[0].shown["title"].startswith("测试")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/a",
        "https://169.254.169.254/latest/meta-data",
        "https://push.example.net:8443/a",
        "http://push.example.net/a",
        "https://localhost/a",
        "https://user:pw@push.example.net/a",
    ],
)
async def test_guarded_address_is_never_called(pool: Pool, clock: FakeClock, endpoint: str) -> None:
    await pool.execute(PERSON, "olga", "en", "active")
    client = PushClient.open("mailto:ops@example.com", clock, allow_private=False)
    channel = WebPushChannel(pool, client, clock, KEYS, SECRET, "UTC")
    async with fake_push_service(NOON) as service:
        await service.browser.subscribe(pool, "olga", endpoint, OURS.public)
        result = await channel.send(message("olga"))
    assert isinstance(result, Undeliverable)
    assert result.reason.startswith("refused")
    await client.close()


async def test_lost_database_is_a_reason_to_try_again(desk: Desk) -> None:
    await desk.subscribe()
    desk.pool.terminate()
    result = await desk.channel.send(message("olga"))
    assert isinstance(result, Retry)
    assert "could not be looked up" in result.reason


async def test_message_stays_sent_if_its_result_cannot_be_noted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object) -> None:
        raise Unavailable("PostgreSQL does not answer")

    await desk.subscribe()
    monkeypatch.setattr(subscriptions, "note_results", lose)
    assert isinstance(await desk.channel.send(message("olga")), Delivered)


async def test_channel_that_is_switched_off_has_no_page(pool: Pool, clock: FakeClock) -> None:
    settings = msgspec.structs.replace(
        load(None, {}), vendors=VendorTables({NAME: {"enabled": False}})
    )
    links = ReporterLinks((SECRET,), timedelta(days=1))
    async with AsyncExitStack() as stack:
        parts = ChannelParts(stack, pool, settings, clock, (SECRET,))
        assert open_channels(parts) == {}
        assert open_pages(PageParts(parts, links, Pages("en", "UTC"))) == ChannelPages()


async def test_person_is_the_endpoint(desk: Desk) -> None:
    assert desk.channel.endpoint("olga") == f"{NAME}:olga"
