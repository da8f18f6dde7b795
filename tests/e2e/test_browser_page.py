"""A real browser is subscribed on the page, shows what is pushed to it, and is removed again."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from gateway.settings import Database, load
from gateway.settings.notify import VendorTables
from gateway.timing.clock import SystemClock
from tests.channels.push.webpush.conftest import hire
from tests.e2e.browser import browser, worker_of
from tests.e2e.push_page import CLICK, LISTEN, notifications, open_page, picture, push, visible
from tests.e2e.test_report_form import assert_page_is_sound
from tests.support.push_service import FakePushService, fake_push_service
from tests.support.served import RunningGateway, served

pytestmark = pytest.mark.e2e


@dataclass
class Site:
    """A gateway with Olga in it, the address of her page, and her push service."""

    gateway: RunningGateway
    service: FakePushService
    url: str
    page: str

    async def count(self) -> int:
        found: int = await self.gateway.pool.fetchval("SELECT count(*) FROM push_subscription")
        return found


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    plain, database = load(None, {}), Database(url=database_url, pool_min=1, pool_max=8)
    tables = VendorTables({"webpush": {"allow_private": True}})
    settings = msgspec.structs.replace(plain, database=database, vendors=tables)
    now = SystemClock().now()
    async with fake_push_service(now) as service, served(settings) as gateway:
        await hire(gateway, "olga")
        made = await gateway.post("/api/v1/people/olga/push-link", None, "admin")
        url = str(gateway.client.make_url("")).rstrip("/")
        yield Site(gateway, service, url, url + (await made.json())["page"])


async def test_browser_is_subscribed_shows_a_notification_and_is_removed(
    site: Site, chromium: Path, tmp_path: Path
) -> None:
    async with browser(chromium, tmp_path) as tab:
        await open_page(tab, site.page, site.service, "zh-CN")
        await visible(tab, "在此浏览器中接收通知")
        await assert_page_is_sound(tab, "接收人：Olga", "尚未订阅任何浏览器。")
        await picture(tab, "ready.png")
        await tab.press("[data-when=ready] button")
        await visible(tab, "此浏览器已可接收通知。")
        await assert_page_is_sound(tab, "Chrome, Linux", "(此浏览器)")
        assert await site.count() == 1
        await tab.press("form[action*='/test'] button")
        await visible(tab, "测试通知已发送")
        (pushed,) = site.service.pushed
        async with worker_of(tab) as worker:
            await worker.tell(LISTEN)
            await push(tab, site.url, json.dumps(pushed.shown))
            ((title, body, tag, link),) = await notifications(worker, 1)
        assert (title, tag, link) == ("测试：此浏览器可以接收通知", "test", "")
        assert body.startswith("事件通知将以此方式送达")
        await picture(tab, "subscribed.png")
        await tab.press("form[action*='/remove'] button")
        await visible(tab, "已从列表中移除该浏览器。")
        assert await site.count() == 0
        assert tab.complaints() == []


async def test_every_push_is_shown_and_a_click_opens_its_record(
    site: Site, chromium: Path, tmp_path: Path
) -> None:
    async with browser(chromium, tmp_path) as tab:
        await open_page(tab, site.page, site.service, "en")
        await tab.press("[data-when=ready] button")
        await visible(tab, "This browser is called.")
        link = f"{site.url}/r/x"
        async with worker_of(tab) as worker:
            await worker.tell(LISTEN)
            for title in ("opened", "resolved"):
                said = {"title": title, "body": "b", "tag": "record", "link": link}
                await push(tab, site.url, json.dumps(said))
            await push(tab, site.url, "no JSON")
            assert await notifications(worker, 3) == [
                ["opened", "b", "record", link],
                ["resolved", "b", "record", link],
                ["New notification / 新通知", "", "unreadable", ""],
            ]
            assert json.loads(await worker.tell(CLICK % json.dumps(link))) == [link]
            assert json.loads(await worker.tell(CLICK % '""')) == [link]


async def test_page_says_what_to_do_without_script_and_without_permission(
    site: Site, chromium: Path, tmp_path: Path
) -> None:
    async with browser(chromium, tmp_path) as tab:
        await tab.go(f"{site.page}?lang=en")
        await assert_page_is_sound(tab, "This page needs JavaScript", "No browser is subscribed")
        await open_page(tab, site.page, site.service, "en")
        await tab.ask("Browser.resetPermissions")
        await tab.ask(
            "Browser.setPermission",
            origin=site.url,
            permission={"name": "notifications"},
            setting="denied",
        )
        await tab.go(f"{site.page}?lang=en")
        await visible(tab, "Notifications from this address are blocked.")
        await assert_page_is_sound(tab, "Try again")
