"""Gateways as processes to be killed, and senders that record the answer of each request."""

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
"""True if the long forms of the fault tests are requested."""

CLOCK = SystemClock()
READY_WITHIN = 60.0
GIVE_UP = 40.0
"""Seconds a sender keeps trying."""

NOBODY, CUT = 0, 1
"""Pseudo-statuses: no connection; connection lost before the answer, so the outcome is unknown."""


def chosen(short: int, full: int) -> int:
    """Return the size of a test: for a few seconds, or for GATEWAY_FAULTS=full."""
    return full if FULL else short


def report(**figures: object) -> None:
    """Print measured figures; pytest -rP shows them."""
    print(" ".join(f"{name}={value}" for name, value in figures.items()))  # noqa: T201 - figures are what a full run is for


def seeded() -> random.Random:
    """Return a random generator; its seed is printed, and GATEWAY_FAULTS_SEED replays it."""
    seed = int(os.environ.get("GATEWAY_FAULTS_SEED") or random.randrange(10**6))
    report(GATEWAY_FAULTS_SEED=seed)
    return random.Random(seed)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """Return the running processes that a process started itself."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(one) for one in listed.split()]


class Replica:
    """A gateway that runs `python -m gateway serve`; the port stays the same over restarts."""

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
        """Return once it is ready; `restarts` records the duration."""
        command = [
            sys.executable,
            "-m",
            "gateway",
            "serve",
            "--port",
            str(self.port),
            "--config",
            str(self._config),
        ]
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._env, stdout=sink, stderr=sink
            )
        began = CLOCK.monotonic()
        while not await self._ready():
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            assert CLOCK.monotonic() - began < READY_WITHIN, self.log.read_text()[-2000:]
            await CLOCK.sleep(0.02)
        self.restarts.append(CLOCK.monotonic() - began)

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """The process ID of the supervisor."""
        assert self._process is not None
        return self._process.pid

    @property
    def serving(self) -> int:
        """The process ID of the serving process."""
        [pid] = children(self.pid)
        return pid

    async def _ready(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.url}/readyz") as answer,
            ):
                return answer.status == 200
        except (OSError, aiohttp.ClientError):
            return False


@asynccontextmanager
async def replicas(
    count: int, database_url: str, redis_url: str, folder: Path, config: str = ""
) -> AsyncIterator[list[Replica]]:
    """Run `count` ready gateways, killed at the end."""
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
    """Return the histogram of the event loop's lag, by upper bound in seconds."""
    async with session.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = [
        re.match(r'gateway_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)', line) for line in lines
    ]
    return {match[1]: int(match[2]) for match in found if match}


async def make_key(database_url: str, *scopes: Scope) -> str:
    """Create a key with these scopes, as `python -m gateway key` does, and return it."""
    conn = await asyncpg.connect(database_url)
    try:
        integration = await conn.fetchval(ENSURE_INTEGRATION, "faults", "faults")
        return (
            await keys.create(conn, "faults", frozenset(scopes), None, integration_id=integration)
        )[0]
    finally:
        await conn.close()


@dataclass
class Sent:
    """An event with the result of each attempt to send it: a status, NOBODY or CUT."""

    id: str
    key: str
    status: str
    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return any(200 <= answer < 300 for answer in self.answers)


class Sender:
    """A sender that records each event; it repeats those unanswered or refused with 503.

    All attempts have the same delivery ID. Pauses between them grow from a tenth of a second to
    `patience`, as those of real senders.
    """

    def __init__(
        self, urls: Sequence[str], key: str, name: str = "evt", patience: float = 1.0
    ) -> None:
        self.ledger: list[Sent] = []
        self._name, self._patience = name, patience
        self._urls, self._head = urls, {"Authorization": f"Bearer {key}"}
        connector = aiohttp.TCPConnector(limit=800)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=8)
        )
        self._blow: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def event(
        self, dedup_key: str, status: str = "firing", *, tries: int = 10_000, deaf: bool = False
    ) -> Sent:
        """Send an event until it is acknowledged.

        It gives up after `tries` attempts or GIVE_UP seconds. If `deaf`, it is sent once more
        after the acknowledgement, as if that was lost.
        """
        sent = Sent(f"{self._name}-{len(self.ledger)}", dedup_key, status)
        self.ledger.append(sent)
        began = CLOCK.monotonic()
        while (
            not sent.acknowledged
            and len(sent.answers) < tries
            and CLOCK.monotonic() - began < GIVE_UP
        ):
            if sent.answers:
                await CLOCK.sleep(min(0.1 * 2 ** min(len(sent.answers) - 1, 10), self._patience))
            await self._attempt(
                sent, self._urls[(len(self.ledger) + len(sent.answers)) % len(self._urls)]
            )
        if deaf and sent.acknowledged:
            await self._attempt(sent, self._urls[len(self.ledger) % len(self._urls)])
        return sent

    async def _attempt(self, sent: Sent, url: str) -> None:
        began = CLOCK.monotonic()
        body = {
            "title": sent.key,
            "dedup_key": sent.key,
            "status": sent.status,
            "severity": "warning",
        }
        try:
            head = self._head | {"Idempotency-Key": sent.id}
            async with self._session.post(
                f"{url}/ingest/generic", json=body, headers=head
            ) as answer:
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
        self,
        rate: float,
        stop: asyncio.Event,
        keys: int = 200,
        *,
        patient: bool = True,
        at_once: int = 10_000,
    ) -> None:
        """Send events at a fixed rate until `stop`.

        One in twenty is deaf; unless `patient`, one in ten gives up after one try. While
        `at_once` wait for an acknowledgement no further ones are sent.
        """
        began, number, places = CLOCK.monotonic(), 0, asyncio.Semaphore(at_once)
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                await places.acquire()
                tries = 10_000 if patient or number % 10 else 1
                sending = group.create_task(
                    self.event(f"key-{number % keys}", tries=tries, deaf=number % 20 == 0)
                )
                sending.add_done_callback(lambda _: places.release())
                number += 1
                if (wait := began + number / rate - CLOCK.monotonic()) > 0:
                    await CLOCK.sleep(wait)

    async def strike(self, blow: Callable[[], None]) -> None:
        """Call `blow` at the moment of an acknowledgement, to find data acknowledged too early."""
        self._blow = blow
        while self._blow is not None:
            await CLOCK.sleep(0.01)

    def answers(self) -> dict[int, int]:
        """Return the number of attempts by answer."""
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
    """The comparison of sent events with the database.

    The lists hold IDs of events, and keys with a wrong count as (key, counted, true).
    """

    lost: list[str]
    doubled: list[str]
    phantom: list[str]
    miscounted: list[tuple[str, int, int]]
    repeats: int

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.phantom or self.miscounted)


async def judge(database_url: str, ledger: Sequence[Sent]) -> Verdict:
    """Compare: every acknowledged event is stored once, no event unsent, every count exact."""
    conn = await asyncpg.connect(database_url)
    try:
        counted = {row["delivery_id"]: row for row in await conn.fetch(COUNTED)}
        totals: dict[str, int] = {
            row["dedup_key"]: int(row["n"]) for row in await conn.fetch(TOTALS)
        }
    finally:
        await conn.close()
    true: dict[str, int] = {}
    for sent in ledger:
        there = sent.id in counted and sent.status == "firing"
        true[sent.key] = true.get(sent.key, 0) + there
    known = {sent.id for sent in ledger}
    return Verdict(
        lost=[
            s.id
            for s in ledger
            if s.acknowledged and (s.id not in counted or counted[s.id]["counted"] < 1)
        ],
        doubled=[name for name, row in counted.items() if row["counted"] > 1],
        phantom=[name for name in counted if name not in known],
        miscounted=[
            (key, totals.get(key, 0), n) for key, n in true.items() if totals.get(key, 0) != n
        ],
        repeats=sum(row["received"] - row["counted"] for row in counted.values()),
    )


async def until(conn: "asyncpg.Connection[Any]", question: str, seconds: float) -> float:
    """Query the database until the answer is true and return the seconds it took."""
    began = CLOCK.monotonic()
    while not await conn.fetchval(question):
        assert CLOCK.monotonic() - began < seconds, f"not within {seconds} s: {question}"
        await CLOCK.sleep(0.1)
    return CLOCK.monotonic() - began


async def ended(pid: int) -> None:
    """Wait until the process has ended."""
    async with asyncio.timeout(5):
        while not gone(pid):
            await CLOCK.sleep(0.02)


def gone(pid: int) -> bool:
    """Return whether the process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
