"""Gateways as processes to be killed."""

import asyncio
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.cli.commands import ENSURE_INTEGRATION
from gateway.timing.clock import SystemClock

ROOT = Path(__file__).parents[2]

FULL = os.environ.get("GATEWAY_FAULTS") == "full"
"""True if the long forms of the fault tests are requested."""

CLOCK = SystemClock()

READY_WITHIN = 60.0

GIVE_UP = 40.0
"""Seconds a sender keeps trying."""

NOBODY, CUT = 0, 1
"""Pseudo-statuses: no connection; connection lost before the answer, so the outcome is unknown."""


def choose_size(short: int, full: int) -> int:
    """Return the size of a test: for a few seconds, or for GATEWAY_FAULTS=full."""
    return full if FULL else short


def print_figures(**figures: object) -> None:
    """Print measured figures; pytest -rP shows them."""
    print(" ".join(f"{name}={value}" for name, value in figures.items()))  # noqa: T201 - figures are what a full run is for


def seeded_random() -> random.Random:
    """Return a random generator; its seed is printed, and GATEWAY_FAULTS_SEED replays it."""
    seed = int(os.environ.get("GATEWAY_FAULTS_SEED") or random.randrange(10**6))
    print_figures(GATEWAY_FAULTS_SEED=seed)
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
        """Start the replica and return once it is ready; `restarts` records the duration."""
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
        """Kill the replica with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def wait(self) -> int:
        """Return the exit status of the replica once it has ended."""
        assert self._process is not None
        return self._process.wait(READY_WITHIN)

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


async def read_loop_lags(session: aiohttp.ClientSession) -> dict[str, int]:
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


async def wait_until_true(conn: "asyncpg.Connection[Any]", question: str, seconds: float) -> float:
    """Query the database until the answer is true and return the seconds it took."""
    began = CLOCK.monotonic()
    while not await conn.fetchval(question):
        assert CLOCK.monotonic() - began < seconds, f"not within {seconds} s: {question}"
        await CLOCK.sleep(0.1)
    return CLOCK.monotonic() - began


async def ended(pid: int) -> None:
    """Wait until the process has ended."""
    async with asyncio.timeout(5):
        while not has_ended(pid):
            await CLOCK.sleep(0.02)


def has_ended(pid: int) -> bool:
    """Return whether the process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
