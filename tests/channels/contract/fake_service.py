"""A fake server of a vendor, which checks what it is sent and answers as the vendor's does."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.db.pool import Pool

RECORDED = Path(__file__).parent / "recorded"
"""The answers of each vendor as its documentation shows them, one HTTP response for each case."""

MESSAGES = frozenset({"delivered", "updated", "cancelled"})
"""The cases that are calls about a message; others fetch a token, or are refused for themselves."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a vendor's server sees it; `request` is there for what is signed."""

    request: web.Request
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


Judge = Callable[[Call], str | Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What is true of one vendor.

    `table` is its section for a server at an address, `revoked` what is changed in it for a
    token that the server refuses. `judge` names the case of a call, whose recorded answer is
    given; it asserts what the real server demands. `waits` is the pause, in seconds, of the
    recorded answer that asks to slow down. `lacks` are cases that the vendor has not, and why.
    `subscribe` tells the gateway of the server where recipients name it themselves.
    """

    channel: str
    table: Callable[[str], dict[str, Any]]
    judge: Judge
    recipient: str
    unknown: str = ""
    revoked: Mapping[str, Any] = field(default_factory=dict)
    waits: float | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Pool], Awaitable[None]] | None = None
    subscribe: Callable[[Pool, str], Awaitable[None]] | None = None


def recorded(vendor: str, case: str) -> web.Response:
    """Return a recorded answer."""
    head, _, body = (RECORDED / vendor / f"{case}.http").read_text("utf-8").partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    return web.Response(status=int(status.split()[1]), headers=headers, text=body.strip())


@dataclass
class FakeService:
    """A running fake server; `forced` answers calls about messages instead of their case."""

    vendor: str
    judge: Judge
    url: str = ""
    forced: web.Response | None = None
    hangs: bool = False
    calls: list[tuple[str, Call]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    arrived: asyncio.Queue[tuple[str, Call]] = field(default_factory=asyncio.Queue)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        call = Call(
            request,
            request.method,
            request.path,
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            await _body(request),
        )
        try:
            judged = self.judge(call)
            case = judged if isinstance(judged, str) else await judged
        except (AssertionError, KeyError, TypeError, ValueError) as error:
            self.faults.append(f"{call.method} {call.path}: {error!r}")
            return web.Response(status=400)
        self.calls.append((case, call))
        self.arrived.put_nowait((case, call))
        if case in MESSAGES and self.hangs:
            await asyncio.Event().wait()
        if case in MESSAGES and self.forced is not None:
            return self.forced
        return recorded(self.vendor, case)

    async def next(self, case: str) -> Any:
        """Return the body of the next call of a case; skip earlier ones."""
        async with asyncio.timeout(10):
            while True:
                found, call = await self.arrived.get()
                if found == case:
                    return call.body

    def of(self, case: str) -> list[Call]:
        """Return the calls of a case."""
        return [call for one, call in self.calls if one == case]


async def _body(request: web.Request) -> Any:
    raw = await request.read()
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return {name: str(value) for name, value in (await request.post()).items()}
    if kind == "application/octet-stream":
        return raw
    return json.loads(raw) if raw else None


@asynccontextmanager
async def fake_service(vendor: str, contract: Contract) -> AsyncIterator[FakeService]:
    """Run the fake server of a vendor."""
    service = FakeService(vendor, contract.judge)
    app = web.Application(client_max_size=10**6)
    app.router.add_route("*", "/{tail:.*}", service.answer)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.05)
    service.url = str(server.make_url("")).rstrip("/")
    try:
        yield service
    finally:
        await server.close()


def is_json(call: Call) -> bool:
    """Return whether a call says that its body is JSON."""
    return call.headers.get("content-type", "").startswith("application/json")
