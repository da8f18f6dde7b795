"""A browser on the page that subscribes it, without the push service of its maker.

That is not reachable from tests: the subscription is made up, and what the gateway pushed is
delivered to the worker by the DevTools protocol.
"""

import json
import os
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.browser import Tab
from tests.e2e.processes import until
from tests.support.push_service import FakePushService, b64

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


def origin_of(page: str) -> str:
    """Return the address of the gateway that serves a page."""
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}"


async def visible(tab: Tab, word: str) -> None:
    """Wait until the page shows a text."""

    async def shown() -> bool:
        return word in await tab.tell("document.body.innerText")

    await until(f"the page says {word}", shown)


async def push(tab: Tab, origin: str, data: str) -> None:
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
        origin=f"{origin}/",
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


async def open_page(tab: Tab, page: str, service: FakePushService, lang: str) -> None:
    """Open the page in a browser that may show notifications and knows the push service."""
    browser_keys = service.browser
    script = SUBSCRIPTION % {
        "p256dh": b64(browser_keys.p256dh),
        "auth": b64(browser_keys.auth),
        "endpoint": f"{service.url}/chrome",
    }
    await tab.ask("Emulation.setScriptExecutionDisabled", value=False)
    await tab.ask("Page.addScriptToEvaluateOnNewDocument", source=script)
    await tab.ask("Browser.grantPermissions", origin=origin_of(page), permissions=["notifications"])
    await tab.go(f"{page}?lang={lang}")
