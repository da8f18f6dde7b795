"""A real browser with scripts off, driven by the Chrome DevTools Protocol.

See https://chromedevtools.github.io/devtools-protocol/.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.processes import program, until

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    "about:blank",
)

WORKER = "service_worker"
"""The type of service workers among the targets of the browser."""


@dataclass
class Tab:
    """A page of the browser, or a worker; `events` lists the browser's events about it.

    `address` is where the browser listens.
    """

    socket: aiohttp.ClientWebSocketResponse
    address: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: count(1))

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the browser and return its result."""
        mine = next(self._ids)
        await self.socket.send_json({"id": mine, "method": method, "params": params})
        while (told := await self.socket.receive_json(timeout=20)).get("id") != mine:
            self.events.append(told)
        assert "error" not in told, told
        return dict(told["result"])

    async def heard(self, event: str) -> None:
        """Wait for an event."""
        while not any(one["method"] == event for one in self.events):
            self.events.append(await self.socket.receive_json(timeout=20))

    async def tell(self, script: str) -> Any:
        """Return the value of a script expression, evaluated from outside of the page."""
        told = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def go(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self._forget()
        await self.ask("Page.navigate", url=url)
        await self.heard("Page.loadEventFired")

    async def press(self, selector: str) -> None:
        """Press a button or follow a link, and wait for the page behind it."""
        self._forget()
        await self.click(selector)
        await self.heard("Page.loadEventFired")

    async def click(self, selector: str) -> None:
        """Click the middle of an element."""
        await self.tell(
            f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})"
        )
        box = await self.tell(
            f"JSON.stringify(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        at = json.loads(box)
        where = {
            "x": at["x"] + at["width"] / 2,
            "y": at["y"] + at["height"] / 2,
            "button": "left",
            "clickCount": 1,
        }
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, **where)

    async def write(self, selector: str, text: str) -> None:
        """Replace the content of a field."""
        await self.click(selector)
        await self.tell(f"document.querySelector({json.dumps(selector)}).select()")
        await self.ask("Input.insertText", text=text)

    async def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a file field."""
        root = (await self.ask("DOM.getDocument"))["root"]["nodeId"]
        node = (await self.ask("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self.ask("DOM.setFileInputFiles", nodeId=node, files=[str(one) for one in files])

    async def wide(self, width: int) -> None:
        """Set the width of the window, such as that of a phone or a desktop screen."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def complaints(self) -> list[str]:
        """Return the browser's complaints about pages, except their status."""
        entries = [
            one["params"]["entry"] for one in self.events if one["method"] == "Log.entryAdded"
        ]
        return [one["text"] for one in entries if one["source"] != "network"]

    def _forget(self) -> None:
        self.events = [one for one in self.events if one["method"] != "Page.loadEventFired"]


@asynccontextmanager
async def browser(chromium: Path, folder: Path) -> AsyncIterator[Tab]:
    """Run a browser of its own and provide a tab of it."""
    log = folder / "chromium.log"
    with ExitStack() as stack:
        stack.enter_context(
            program(log, folder, chromium, f"--user-data-dir={folder / 'profile'}", *FLAGS)
        )

        async def listening() -> str | None:
            found = re.search(
                r"DevTools listening on ws://([\d.:]+)/", log.read_text("utf-8", "replace")
            )
            return found[1] if found else None

        at = await until("the browser listens", listening)
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://{at}/json/list") as answer:
                (page,) = [one for one in await answer.json() if one["type"] == "page"]
            async with http.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket, at)
                for domain in ("Page", "Runtime", "Log", "DOM"):
                    await tab.ask(f"{domain}.enable")
                await tab.ask("Emulation.setScriptExecutionDisabled", value=True)
                yield tab


@asynccontextmanager
async def worker_of(tab: Tab) -> AsyncIterator[Tab]:
    """Provide the service worker that the pages of the browser registered."""
    async with aiohttp.ClientSession() as http:

        async def running() -> str | None:
            async with http.get(f"http://{tab.address}/json/list") as answer:
                listed = await answer.json()
            found = (one["webSocketDebuggerUrl"] for one in listed if one["type"] == WORKER)
            return next(found, None)

        url = await until("the worker runs", running)
        async with http.ws_connect(url, max_msg_size=0) as socket:
            worker = Tab(socket, tab.address)
            await worker.ask("Runtime.enable")
            yield worker
