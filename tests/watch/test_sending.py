"""Messages of the watch arrive in the form of each target, and go to no forbidden address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.header import decode_header, make_header
from uuid import UUID

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.smtp import SMTP
from structlog.testing import capture_logs

from gateway.settings.recipients import RecipientAddress
from gateway.watch.sending import WatchSender
from gateway.watch.words import WatchMessage
from tests.support.clock import NOON, FakeClock
from tests.support.story import Mailbox
from tests.support.vendor import FakeVendor, fake_vendor
from tests.watch.settings import watch_settings

MESSAGE = WatchMessage("[gw1] 故障: PostgreSQL 无法写入", "故障: PostgreSQL 无法写入\n")
ID = UUID(int=7)


@asynccontextmanager
async def sender(**more: object) -> AsyncIterator[WatchSender]:
    opened = WatchSender.open(watch_settings(**more), FakeClock())
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def text_server(
    heard: list[tuple[str, str]], titles: list[str] | None = None
) -> AsyncIterator[str]:
    """Run a server that keeps path and text of what it is sent, and titles; yield its URL."""

    async def take(request: web.Request) -> web.Response:
        heard.append((request.path, await request.text()))
        if titles is not None:
            titles.append(request.headers["title"])
        return web.Response(text="OK")

    app = web.Application()
    app.router.add_post("/{tail:.*}", take)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        yield vendor


async def test_webhook_has_one_identity_on_every_attempt(vendor: FakeVendor) -> None:
    vendor.answer("/hook", (500, {}), {})
    target = RecipientAddress("webhook", f"{vendor.url}/hook")
    async with sender() as sending:
        assert not await sending.send(target, ID, MESSAGE)
        assert await sending.send(target, ID, MESSAGE)
    assert [one.headers["webhook-id"] for one in vendor.asked] == [str(ID)] * 2
    assert vendor.bodies("/hook")[1] == {
        "type": "gateway.watch",
        "timestamp": NOON.isoformat().replace("+00:00", "Z"),
        "data": {"subject": MESSAGE.subject, "text": MESSAGE.text},
    }


async def test_redirect_is_not_followed_and_no_address_is_logged(vendor: FakeVendor) -> None:
    vendor.answer("/hook-secret", (302, {}))
    target = RecipientAddress("webhook", f"{vendor.url}/hook-secret")
    with capture_logs() as logged:
        async with sender() as sending:
            assert not await sending.send(target, ID, MESSAGE)
    assert [one.path for one in vendor.asked] == ["/hook-secret"]
    assert [(one["what"], one["why"]) for one in logged] == [("webhook", "answered 302")]
    assert "secret" not in str(logged)


async def test_private_address_is_refused_unless_allowed(vendor: FakeVendor) -> None:
    vendor.answer("/hook", {})
    settings = msgspec.structs.replace(watch_settings(), allow_private=False)
    opened = WatchSender.open(settings, FakeClock())
    assert not await opened.send(RecipientAddress("webhook", f"{vendor.url}/hook"), ID, MESSAGE)
    assert not await opened.send(RecipientAddress("ntfy", "http://169.254.169.254/"), ID, MESSAGE)
    await opened.close()
    assert vendor.asked == []


async def test_target_that_is_away_is_not_reached() -> None:
    async with sender() as sending:
        assert not await sending.send(
            RecipientAddress("webhook", "http://127.0.0.1:9/"), ID, MESSAGE
        )


async def test_mail_goes_through_the_relay_of_the_watch() -> None:
    mailbox = Mailbox()
    relay = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    port = relay.sockets[0].getsockname()[1]
    smtp = msgspec.structs.replace(
        watch_settings().smtp, host="127.0.0.1", port=port, starttls=False
    )
    async with sender(smtp=smtp) as sending:
        assert await sending.send(RecipientAddress("smtp", "ops@example.com"), ID, MESSAGE)
        mailbox.refusing.add("gone@example.com")
        assert not await sending.send(RecipientAddress("smtp", "gone@example.com"), ID, MESSAGE)
        forged = RecipientAddress("smtp", "a\r\nBcc: b@example.com")
        assert not await sending.send(forged, ID, MESSAGE)
    relay.close()
    mail = mailbox.arrived.get_nowait()
    assert (mail["to"], mail["subject"]) == ("ops@example.com", MESSAGE.subject)
    assert mail["message-id"] == f"<{ID}@watch.invalid>"


async def test_ping_names_failing_checks_at_its_fail_address() -> None:
    heard: list[tuple[str, str]] = []

    async with text_server(heard) as url, sender(ping_url=f"{url}/ping/") as sending:
        assert await sending.ping("")
        assert await sending.ping("database, timers")
    assert heard == [("/ping", ""), ("/ping/fail", "database, timers")]


async def test_topic_of_ntfy_gets_text_with_title_in_any_script() -> None:
    heard: list[tuple[str, str]] = []
    titles: list[str] = []
    async with text_server(heard, titles) as url, sender() as sending:
        assert await sending.send(RecipientAddress("ntfy", f"{url}/topic"), ID, MESSAGE)
    assert heard == [("/topic", MESSAGE.text)]
    assert [str(make_header(decode_header(title))) for title in titles] == [MESSAGE.subject]
