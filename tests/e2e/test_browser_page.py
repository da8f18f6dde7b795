"""A real browser is subscribed on the page, shows what is pushed to it, and is removed again.

Its push service is not reachable from tests: the subscription is made up, and what the gateway
pushed is delivered to the worker by the DevTools protocol.
"""

import json
import os
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from gateway.settings import Database, load
from gateway.settings.notify import VendorTables
from gateway.timing.clock import SystemClock
from tests.channels.push.webpush.conftest import hire
from tests.e2e.browser import Tab, browser, worker_of
from tests.e2e.processes import until
from tests.e2e.test_report_form import assert_page_is_sound
from tests.support.push_service import FakePushService, b64, fake_push_service
from tests.support.served import RunningGateway, served

pytestmark = pytest.mark.e2e

SUBSCRIPTION = """
(() => {
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')),
                                        c => c.charCodeAt(0)).buffer;
  const keys = {p256dh: bytes('%(p256dh)s'), auth: bytes('%(auth)s')};
  const made = () => {
    const used = localStorage.getItem('used');
    return used && {endpoint: '%(endpoint)s', getKey: name => keys[name],
                    options: {applicationServerKey: bytes(used)},
                    unsubscribe: async () => localStorage.removeItem('used')};
  };
  const text = data => btoa(String.fromCharCode(...data)).replace(/\\+/g, '-')
                         .replace(/\\//g, '_').replace(/=+$/, '');
  if (!window.PushManager) return;
  PushManager.prototype.getSubscription = async () => made();
  PushManager.prototype.subscribe = async options => {
    if (!options.userVisibleOnly) throw new Error('refused');
    localStorage.setItem('used', text(options.applicationServerKey));
    return made();
  };
})()
"""
"""A script that subscribes as a browser does, without its maker's push service."""

LISTEN = """
(() => {
  self.shown = []; self.opened = [];
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
    self.shown.push([title, options.body, options.tag, options.data.link]);
    return show.call(this, title, options);
  };
  Clients.prototype.openWindow = async link => self.opened.push(link);
})()
"""
"""A script that notes what a worker shows and opens.

Headless Chromium has no place to show notifications in, and forgets them soon.
"""

CLICK = """
(() => {
  const click = new Event('notificationclick');
  click.notification = {close() {}, data: {link: %s}};
  click.waitUntil = () => {};
  self.dispatchEvent(click);
  return JSON.stringify(self.opened);
})()
"""


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


async def visible(tab: Tab, word: str) -> None:
    """Wait until the page shows a text."""

    async def shown() -> bool:
        return word in await tab.tell("document.body.innerText")

    await until(f"the page says {word}", shown)


async def push(tab: Tab, site: Site, data: str) -> None:
    """Deliver a message to the worker of the page."""
    await tab.ask("ServiceWorker.enable")
    await tab.heard("ServiceWorker.workerRegistrationUpdated")
    found = [
        registration
        for event in tab.events
        if event["method"] == "ServiceWorker.workerRegistrationUpdated"
        for registration in event["params"]["registrations"]
    ]
    await tab.ask(
        "ServiceWorker.deliverPushMessage",
        origin=f"{site.url}/",
        registrationId=found[-1]["registrationId"],
        data=data,
    )


async def notifications(worker: Tab, count: int) -> list[list[str]]:
    """Return title, text, tag and link of what was shown, once that is so many."""

    async def shown() -> list[list[str]] | None:
        found: list[list[str]] = json.loads(await worker.tell("JSON.stringify(self.shown)"))
        return found if len(found) >= count else None

    return await until("notifications are shown", shown)


async def picture(tab: Tab, name: str) -> None:
    """Keep a picture of the page where GATEWAY_E2E_PICTURES names a folder."""
    if folder := os.environ.get("GATEWAY_E2E_PICTURES"):
        taken = await tab.ask("Page.captureScreenshot")
        (Path(folder) / name).write_bytes(b64decode(taken["data"]))


async def open_page(tab: Tab, site: Site, lang: str) -> None:
    browser_keys = site.service.browser
    script = SUBSCRIPTION % {
        "p256dh": b64(browser_keys.p256dh),
        "auth": b64(browser_keys.auth),
        "endpoint": f"{site.service.url}/chrome",
    }
    await tab.ask("Emulation.setScriptExecutionDisabled", value=False)
    await tab.ask("Page.addScriptToEvaluateOnNewDocument", source=script)
    await tab.ask("Browser.grantPermissions", origin=site.url, permissions=["notifications"])
    await tab.go(f"{site.page}?lang={lang}")


async def test_browser_is_subscribed_shows_a_notification_and_is_removed(
    site: Site, chromium: Path, tmp_path: Path
) -> None:
    async with browser(chromium, tmp_path) as tab:
        await open_page(tab, site, "zh-CN")
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
            await push(tab, site, json.dumps(pushed.shown))
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
        await open_page(tab, site, "en")
        await tab.press("[data-when=ready] button")
        await visible(tab, "This browser is called.")
        link = f"{site.url}/r/x"
        async with worker_of(tab) as worker:
            await worker.tell(LISTEN)
            for title in ("opened", "resolved"):
                said = {"title": title, "body": "b", "tag": "record", "link": link}
                await push(tab, site, json.dumps(said))
            await push(tab, site, "no JSON")
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
        await open_page(tab, site, "en")
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
