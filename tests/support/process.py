"""Gateways as processes of their own, to be killed, and the ledger of whoever sends to them: what each request was answered."""

import asyncio
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
import asyncpg

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.cli.commands import ENSURE_INTEGRATION
from gateway.clock import SystemClock

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("GATEWAY_FAULTS") == "full"
"""Whether the long forms of the fault tests were asked for."""

CLOCK = SystemClock()
READY_WITHIN = 60.0
GIVE_UP = 40.0
"""Seconds a sender goes on trying to be heard."""

NOBODY, CUT = 0, 1
"""In place of a status: nobody listened; the connection ended before the answer, so the outcome is unknown."""


def chosen(short: int, full: int) -> int:
    """How much of something: a few seconds' worth, or what GATEWAY_FAULTS=full asks for."""
    return full if FULL else short


def report(**figures: object) -> None:
    """Say what was measured; pytest -rP shows it."""
    print(" ".join(f"{name}={value}" for name, value in figures.items()))  # noqa: T201 - figures are what a full run is for


def seeded() -> random.Random:
    """The chance of one test; pytest shows the seed when it fails, GATEWAY_FAULTS_SEED replays it."""
    seed = int(os.environ.get("GATEWAY_FAULTS_SEED") or random.randrange(10**6))
    report(GATEWAY_FAULTS_SEED=seed)
    return random.Random(seed)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """The processes that a process started itself and that still run."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(one) for one in listed.split()]


class Replica:
    """`python -m gateway serve` on the given servers; the port stays the same over restarts."""

    def __init__(self, database_url: str, redis_url: str, folder: Path, config: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.restarts: list[float] = []
        self.log = folder / f"gateway-{self.port}.log"
        self._config = folder / f"gateway-{self.port}.toml"
        self._config.write_text(config)
        self._env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "GATEWAY_ALLOW_UNSAFE": "1",
            "GATEWAY_METRICS__OPEN": "true",
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Return once it is ready; how long that took is in `restarts`."""
        command = [sys.executable, "-m", "gateway", "serve", "--port", str(self.port), "--config", str(self._config)]
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=sink, stderr=sink)
        began = CLOCK.monotonic()
        while not await self._ready():
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            assert CLOCK.monotonic() - began < READY_WITHIN, self.log.read_text()[-2000:]
            await CLOCK.sleep(0.02)
        self.restarts.append(CLOCK.monotonic() - began)

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """The supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def serving(self) -> int:
        """The process that serves."""
        [pid] = children(self.pid)
        return pid

    async def _ready(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except (OSError, aiohttp.ClientError):
            return False


@asynccontextmanager
async def replicas(count: int, database_url: str, redis_url: str, folder: Path, config: str = "") -> AsyncIterator[list[Replica]]:
    """So many ready gateways, killed at the end."""
    made = [Replica(database_url, redis_url, folder, config) for _ in range(count)]
    try:
        for replica in made:
            await replica.start()
        yield made
    finally:
        for replica in made:
            if replica._process is not None:
                replica.kill()


async def lags(session: aiohttp.ClientSession) -> dict[str, int]:
    """How many sleepers of the gateway's loop were woken at most so many seconds late, since it started serving."""
    async with session.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = [re.match(r'gateway_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)', line) for line in lines]
    return {match[1]: int(match[2]) for match in found if match}


async def make_key(database_url: str, *scopes: Scope) -> str:
    """A key of a new gateway's database, as `python -m gateway key` makes it."""
    conn = await asyncpg.connect(database_url)
    try:
        integration = await conn.fetchval(ENSURE_INTEGRATION, "faults", "faults")
        return (await keys.create(conn, "faults", frozenset(scopes), None, integration_id=integration))[0]
    finally:
        await conn.close()


@dataclass
class Sent:
    """One event and what each attempt to send it was answered: a status, NOBODY or CUT."""

    id: str
    key: str
    status: str
    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return any(200 <= answer < 300 for answer in self.answers)


class Sender:
    """Sends events and keeps the ledger. An event unanswered or refused with 503 is sent again under the same delivery id.

    Pauses between two attempts grow from a tenth of a second to `patience`, as those of real senders.
    """

    def __init__(self, urls: Sequence[str], key: str, name: str = "evt", patience: float = 1.0) -> None:
        self.ledger: list[Sent] = []
        self._name, self._patience = name, patience
        self._urls, self._head = urls, {"Authorization": f"Bearer {key}"}
        connector = aiohttp.TCPConnector(limit=800)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=8))
        self._blow: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def event(self, dedup_key: str, status: str = "firing", *, tries: int = 10_000, deaf: bool = False) -> Sent:
        """Send one event, again and again until it is acknowledged, `tries` are used up or nobody answered for long.

        Who is deaf did not hear the acknowledgement and sends once more.
        """
        sent = Sent(f"{self._name}-{len(self.ledger)}", dedup_key, status)
        self.ledger.append(sent)
        began = CLOCK.monotonic()
        while not sent.acknowledged and len(sent.answers) < tries and CLOCK.monotonic() - began < GIVE_UP:
            if sent.answers:
                await CLOCK.sleep(min(0.1 * 2 ** min(len(sent.answers) - 1, 10), self._patience))
            await self._attempt(sent, self._urls[(len(self.ledger) + len(sent.answers)) % len(self._urls)])
        if deaf and sent.acknowledged:
            await self._attempt(sent, self._urls[len(self.ledger) % len(self._urls)])
        return sent

    async def _attempt(self, sent: Sent, url: str) -> None:
        began = CLOCK.monotonic()
        body = {"title": sent.key, "dedup_key": sent.key, "status": sent.status, "severity": "warning"}
        try:
            head = self._head | {"Idempotency-Key": sent.id}
            async with self._session.post(f"{url}/ingest/generic", json=body, headers=head) as answer:
                await answer.read()
                sent.answers.append(answer.status)
            if sent.acknowledged and self._blow is not None:
                self._blow()
                self._blow = None
        except aiohttp.ClientConnectorError:
            sent.answers.append(NOBODY)
        except (OSError, aiohttp.ClientError, TimeoutError):
            sent.answers.append(CUT)
        sent.seconds.append(CLOCK.monotonic() - began)

    async def steadily(
        self, rate: float, stop: asyncio.Event, keys: int = 200, *, patient: bool = True, at_once: int = 10_000
    ) -> None:
        """Events at a fixed rate until `stop`, one in twenty deaf; unless `patient`, one in ten gives up after one try.

        While `at_once` wait for an acknowledgement no further ones are sent.
        """
        began, number, places = CLOCK.monotonic(), 0, asyncio.Semaphore(at_once)
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                await places.acquire()
                tries = 10_000 if patient or number % 10 else 1
                sending = group.create_task(self.event(f"key-{number % keys}", tries=tries, deaf=number % 20 == 0))
                sending.add_done_callback(lambda _: places.release())
                number += 1
                if (wait := began + number / rate - CLOCK.monotonic()) > 0:
                    await CLOCK.sleep(wait)

    async def strike(self, blow: Callable[[], None]) -> None:
        """Deal a blow in the very moment an acknowledgement is heard: what was answered too early is not there yet."""
        self._blow = blow
        while self._blow is not None:
            await CLOCK.sleep(0.01)

    def answers(self) -> dict[int, int]:
        """How many attempts were answered how."""
        found = [answer for sent in self.ledger for answer in sent.answers]
        return {status: found.count(status) for status in sorted(set(found))}


COUNTED = """
SELECT r.delivery_id, count(*) FILTER (WHERE e.outcome <> 'duplicate') AS counted, count(*) AS received
FROM receipt r JOIN alert_event e ON e.receipt_id = r.id GROUP BY r.delivery_id
"""
TOTALS = """
SELECT a.dedup_key, a.occurrences + coalesce((SELECT sum(i.occurrences) FROM incident i WHERE i.key_hash = a.key_hash), 0) AS n
FROM alert a
"""


@dataclass
class Verdict:
    """The ledger against the database: ids of events, and of keys whose count is wrong as (key, counted, true)."""

    lost: list[str]
    doubled: list[str]
    phantom: list[str]
    miscounted: list[tuple[str, int, int]]
    repeats: int

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.phantom or self.miscounted)


async def judge(database_url: str, ledger: Sequence[Sent]) -> Verdict:
    """Every acknowledged event in the database once, nothing there that was never sent, every count exact."""
    conn = await asyncpg.connect(database_url)
    try:
        counted = {row["delivery_id"]: row for row in await conn.fetch(COUNTED)}
        totals: dict[str, int] = {row["dedup_key"]: int(row["n"]) for row in await conn.fetch(TOTALS)}
    finally:
        await conn.close()
    true: dict[str, int] = {}
    for sent in ledger:
        there = sent.id in counted and sent.status == "firing"
        true[sent.key] = true.get(sent.key, 0) + there
    known = {sent.id for sent in ledger}
    return Verdict(
        lost=[s.id for s in ledger if s.acknowledged and (s.id not in counted or counted[s.id]["counted"] < 1)],
        doubled=[name for name, row in counted.items() if row["counted"] > 1],
        phantom=[name for name in counted if name not in known],
        miscounted=[(key, totals.get(key, 0), n) for key, n in true.items() if totals.get(key, 0) != n],
        repeats=sum(row["received"] - row["counted"] for row in counted.values()),
    )


async def until(conn: "asyncpg.Connection[Any]", question: str, seconds: float) -> float:
    """Ask the database until it says true; returns the seconds that took."""
    began = CLOCK.monotonic()
    while not await conn.fetchval(question):
        assert CLOCK.monotonic() - began < seconds, f"not within {seconds} s: {question}"
        await CLOCK.sleep(0.1)
    return CLOCK.monotonic() - began


async def ended(pid: int) -> None:
    """Wait for its end."""
    async with asyncio.timeout(5):
        while not gone(pid):
            await CLOCK.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether it ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
