"""A vendor's API on this machine: answers what it is told, by path, and remembers what it was asked."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class FakeVendor:
    """`answers` of a path are given one after the other, the last one again and again."""

    url: str
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, path: str, *answers: Any) -> None:
        """Bodies of 200, or pairs of status and body."""
        self.answers[path] = [one if isinstance(one, tuple) else (200, one) for one in answers]

    def bodies(self, path: str) -> list[Any]:
        """What that path was sent."""
        return [one.body for one in self.asked if one.path == path]

    def _next(self, path: str) -> tuple[int, Any]:
        left = self.answers.get(path, [(404, "")])
        return left.pop(0) if len(left) > 1 else left[0]

    async def handle(self, request: web.Request) -> web.Response:
        """Remember it and answer."""
        body = await request.json() if request.can_read_body else None
        self.asked.append(Asked(request.path, dict(request.query), dict(request.headers), body))
        status, said = self._next(request.path)
        headers = {"location": "/elsewhere"} if 300 <= status < 400 else {}
        if isinstance(said, str):
            return web.Response(status=status, text=said, headers=headers)
        return web.json_response(said, status=status, headers=headers)


@asynccontextmanager
async def fake_vendor() -> AsyncIterator[FakeVendor]:
    """One that listens until the end of the block."""
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


def paths(asked: Iterable[Asked]) -> list[str]:
    """Where it was asked."""
    return [one.path for one in asked]
