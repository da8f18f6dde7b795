"""A fake vendor API on this machine: scripted answers by path, recorded requests."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A recorded request."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class FakeVendor:
    """A fake vendor; the `answers` of a path are given in turn, the last one repeatedly."""

    url: str
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[RecordedRequest] = field(default_factory=list)

    def answer(self, path: str, *answers: Any) -> None:
        """Set the answers of a path: bodies of 200, or pairs of status and body."""
        self.answers[path] = [one if isinstance(one, tuple) else (200, one) for one in answers]

    def bodies(self, path: str) -> list[Any]:
        """Return the bodies sent to a path."""
        return [one.body for one in self.asked if one.path == path]

    def _next(self, path: str) -> tuple[int, Any]:
        left = self.answers.get(path, [(404, "")])
        return left.pop(0) if len(left) > 1 else left[0]

    async def handle(self, request: web.Request) -> web.Response:
        """Record the request and answer."""
        body = await request.json() if request.can_read_body else None
        self.asked.append(
            RecordedRequest(request.path, dict(request.query), dict(request.headers), body)
        )
        status, said = self._next(request.path)
        headers = {"location": "/elsewhere"} if 300 <= status < 400 else {}
        if isinstance(said, str):
            return web.Response(status=status, text=said, headers=headers)
        return web.json_response(said, status=status, headers=headers)


@asynccontextmanager
async def fake_vendor() -> AsyncIterator[FakeVendor]:
    """Run a fake vendor until the end of the block."""
    vendor = FakeVendor("")
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", vendor.handle)
    server = TestServer(app)
    await server.start_server()
    vendor.url = str(server.make_url("")).rstrip("/")
    try:
        yield vendor
    finally:
        await server.close()


def paths(asked: Iterable[RecordedRequest]) -> list[str]:
    """Return the paths of the requests."""
    return [one.path for one in asked]
