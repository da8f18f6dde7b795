"""A gateway under attack with an honest neighbour of the attacker, and the effect on both."""

import asyncio
import json
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import redis.asyncio
import yarl

from gateway.access.keys import Scope
from gateway.embedded.launcher import EmbeddedServers
from gateway.ingest.workers.process import is_short
from tests.hostile.children import child, ready, tidy
from tests.hostile.families import Hostile
from tests.hostile.routes import Target, World, targets
from tests.support.process import CLOCK, make_key

AT_ONCE = 6
"""The number of concurrent requests of the attacker."""

HELD = 0.1
"""The longest allowed block of the event loop, in seconds."""

GROWN = 64 * 1024
"""The memory that a family may leave allocated, in KiB."""

GARBAGE = 5_000
"""The number of objects in reference cycles that a family may leave to the collector.

One object for each request is allowed if that is more.
"""

CALM = 4.0
"""Seconds in which the neighbour is measured alone, before any attack."""

SETTLE_WITHIN = 15.0
"""Seconds within which the memory of a family must be released."""

OUTSIDE = "the sender's own servers cannot be reached"
"""The accepted error of Amazon SNS signatures: no test may fetch Amazon's certificate."""

TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass
class Felt:
    """The effect of an attack.

    Responses by status, blocks of the loop, and the neighbour's requests.
    """

    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    span: tuple[float, float] = (0.0, 0.0)
    """The begin and the end, on the monotonic clock."""
    grown: int = 0
    garbage: int = 0
    """The number of collected objects in reference cycles."""
    shed: int = 0
    """The number of large bodies refused because their sender had too many in progress.

    The response is 503 with Retry-After.
    """

    @property
    def p99(self) -> float:
        """The neighbour's 99th percentile of latency, in seconds."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[98]

    def __str__(self) -> str:
        return (
            f"answers={dict(sorted(self.answers.items()))} holds={len(self.holds)} shed={self.shed}"
            f" neighbour_p99_ms={self.p99 * 1e3:.0f}"
            f" of {len(self.seconds)} grown_kib={self.grown} garbage={self.garbage}"
        )


@dataclass
class Arena:
    """A gateway on servers of its own.

    `calm` is the neighbour's 99th percentile of latency before any attack, in seconds.
    """

    url: str
    pid: int
    folder: Path
    redis_url: str
    keys: dict[Scope, str]
    targets: list[Target] = field(default_factory=list)
    calm: float = 0.0

    async def attacked(self, inputs: Iterable[Hostile]) -> Felt:
        """Send every input, a few at once, and return the effect."""
        felt, todo = Felt(), iter(inputs)
        async with (
            self._measured(felt),
            aiohttp.ClientSession(timeout=TIMEOUT, auto_decompress=False) as session,
        ):
            await asyncio.gather(*(self._send(session, todo, felt) for _ in range(AT_ONCE)))
        return felt

    async def endured(self, works: Iterable[Coroutine[Any, Any, None]]) -> Felt:
        """Await all coroutines at once, and return the effect."""
        felt = Felt()
        async with self._measured(felt):
            await asyncio.gather(*works)
        return felt

    @asynccontextmanager
    async def _measured(self, felt: Felt) -> AsyncIterator[None]:
        before, began = self.resident(), CLOCK.monotonic()
        try:
            yield
        finally:
            ended = max(CLOCK.monotonic(), began + CALM)
            await CLOCK.sleep(max(0.0, ended - CLOCK.monotonic()))
            noted = self._lines("holds.jsonl")
            felt.holds = [
                hold for hold in noted if began <= hold["at"] <= ended and hold["held"] > HELD
            ]
            cycles = (one for one in self._lines("garbage.jsonl") if began <= one["at"] <= ended)
            felt.garbage = sum(one["objects"] for one in cycles)
            felt.span = (began, ended)
            self.hear_neighbour(felt)
            felt.grown = await self._grown(before)

    async def _send(
        self, session: aiohttp.ClientSession, todo: Iterable[Hostile], felt: Felt
    ) -> None:
        for one in todo:
            try:
                address = yarl.URL(self.url + one.path, encoded=True)
                async with session.request(
                    one.method, address, data=one.body and BytesIO(one.body), headers=one.headers
                ) as answer:
                    text = await answer.text("utf-8", "replace")
                    status = answer.status
            except (
                aiohttp.ClientOSError,
                aiohttp.ServerDisconnectedError,
                aiohttp.ClientPayloadError,
            ):
                status, text = 0, ""  # answered before it was sent whole, and closed
            felt.answers[status] += 1
            shed = (
                status == 503 and not is_short(one.body or b"") and "Retry-After" in answer.headers
            )
            felt.shed += shed
            failed = status >= 500 and not (shed or (status == 503 and OUTSIDE in text))
            if failed or "Traceback" in text or "asyncpg" in text:
                felt.wrong.append(
                    f"{one.method} {one.path} {one.headers} "
                    f"{(one.body or b'')[:300]!r} -> {status} {text[:300]}"
                )

    async def until_alive(self, seconds: float) -> None:
        """Wait until both probes answer 200, and require that no background task ever died.

        Raises AssertionError after `seconds`.
        """
        until = CLOCK.monotonic() + seconds
        async with aiohttp.ClientSession(self.url) as session:
            while True:
                said = {path: await _status(session, path) for path in ("/healthz", "/readyz")}
                if set(said.values()) == {200}:
                    break
                assert CLOCK.monotonic() < until, said
                await CLOCK.sleep(0.2)
        assert "task_died" not in self.log(), [
            line for line in self.log().splitlines() if "task_died" in line
        ][-1]

    async def wipe_index(self) -> None:
        """Clear the index by FLUSHALL, so that timers are read from PostgreSQL again."""
        client = redis.asyncio.from_url(self.redis_url)
        await client.flushall()
        await client.aclose()

    def log(self) -> str:
        """Return the gateway's log."""
        return (self.folder / "gateway.log").read_text()

    def resident(self) -> int:
        """Return the resident memory of the gateway in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    async def _grown(self, before: int) -> int:
        until = CLOCK.monotonic() + SETTLE_WITHIN
        while (grown := self.resident() - before) > GROWN and CLOCK.monotonic() < until:
            await CLOCK.sleep(0.5)
        return grown

    def hear_neighbour(self, felt: Felt) -> None:
        """Add the neighbour's requests of the attack's time span."""
        began, ended = felt.span
        for line in (self.folder / "neighbour").read_text().splitlines():
            sent, seconds, status = line.split()
            if began <= float(sent) <= ended:
                felt.seconds.append(float(seconds))
                if not 200 <= int(status) < 300:
                    felt.refused.append(int(status))

    def _lines(self, name: str) -> list[dict[str, Any]]:
        file = self.folder / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    async def measure_calm(self) -> None:
        """Measure the neighbour's latency without an attack."""
        felt = Felt()
        async with self._measured(felt):
            await CLOCK.sleep(CALM)
        assert not felt.refused
        self.calm = felt.p99


async def _status(session: aiohttp.ClientSession, path: str) -> int:
    try:
        async with session.get(path) as answer:
            return answer.status
    except (OSError, aiohttp.ClientError):
        return 0


@asynccontextmanager
async def arena(folder: Path, config: str) -> AsyncIterator[Arena]:
    """Run a gateway with a few records and a neighbour."""
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(EmbeddedServers(fast=True))
        (folder / "gateway.toml").write_text(config)
        env = {
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "GATEWAY_ALLOW_UNSAFE": "1",
        }
        process = child(stack, folder / "gateway.log", env, "tests.hostile.gateway", str(folder))
        told = await ready(folder / "ready.json", process)
        scopes = {scope: await make_key(servers.database_url, scope) for scope in Scope}
        made = Arena(
            f"http://127.0.0.1:{told['port']}", process.pid, folder, servers.redis_url, scopes
        )
        world = await _world(made)
        made.targets = targets([(method, path) for method, path in told["routes"]], world)
        ours = [
            await make_key(servers.database_url, scope) for scope in (Scope.INGEST, Scope.ADMIN)
        ]
        child(
            stack,
            folder / "neighbour.log",
            {},
            "tests.hostile.neighbour",
            made.url,
            *ours,
            world.parts["calm"],
            str(folder / "neighbour"),
        )
        await CLOCK.sleep(1.0)
        tidying = asyncio.create_task(tidy(servers.database_url))
        yield made
        tidying.cancel()
        await asyncio.wait({tidying})


async def _world(made: Arena) -> World:
    """Create one object of each kind that paths refer to."""
    admin, ingest = (
        {"Authorization": f"Bearer {made.keys[scope]}"} for scope in (Scope.ADMIN, Scope.INGEST)
    )
    parts = {
        "integration": "faults",
        "key": made.keys[Scope.INGEST],
        "id": "1",
        "said": "start",
        "system": "snow",
        "asked": "note",
    }
    async with aiohttp.ClientSession(made.url) as session:

        async def make(
            path: str, body: dict[str, Any], name: str, field: str, head: dict[str, str] = admin
        ) -> None:
            async with session.post(path, json=body, headers=head) as answer:
                told = await answer.json()
                assert answer.status in {200, 201}, told
                parts[name] = str(told.get(field, "")).rsplit("/", 1)[-1]

        await make("/api/v1/services", {"slug": "desk-a", "name": "Mail"}, "service", "slug")
        await make("/api/v1/cis", {"name": "desk-a", "kind": "server"}, "name", "name")
        await make("/api/v1/people", {"login": "pat", "name": "Pat"}, "login", "login")
        await make(
            "/api/v1/groups", {"slug": "desk-a", "name": "Desk", "tier": "desk"}, "slug", "slug"
        )
        await make(
            "/v2/heartbeats",
            {"name": "desk-a", "interval": 10, "intervalUnit": "minutes", "enabled": True},
            "beat",
            "name",
            ingest,
        )
        record = {"title": "t", "impact": "group", "urgency": "high", "contact": "rep@corp.example"}
        await make("/api/v1/incidents", record, "calm", "number")
        await make("/api/v1/incidents", record, "number", "number")
        await make(f"/api/v1/incidents/{parts['number']}/invite", {}, "link", "page")
    return World(parts, made.keys)


def sizes(chance: Random) -> int:
    """Return a random size: mostly small, 1 in 20 about 16 kB, 1 in 300 as large as accepted."""
    drawn = chance.random()
    if drawn < 1 / 300:
        return 1 << 22
    return chance.randrange(8_000, 32_000) if drawn < 1 / 20 else chance.randrange(16, 1_500)
