"""PostgreSQL and Valkey on a bare machine: `async with Embedded(state, fast=False) as servers`.

For development and tests. Production names its own servers with DATABASE_URL and REDIS_URL.
"""

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.embedded.account import (
    Account,
    create_private_directory,
    may_execute,
    remove_libpq_variables,
    service_account,
)
from gateway.embedded.child import EmbeddedProcess
from gateway.embedded.postgres import database_url, postgres_answers, start_postgres
from gateway.embedded.valkey import redis_url, start_valkey, valkey_answers
from gateway.errors import Misconfigured, Unavailable
from gateway.timing.clock import Clock, SystemClock

LONGEST_RUN_PATH = 88
"""The most bytes of the socket directory's path.

A socket's path ends at 107 (unix(7)), and PostgreSQL appends "/.s.PGSQL.5432.lock" to the
directory.
"""

START_WITHIN = 120.0
"""Seconds until both answer; recovery after a crash replays at most max_wal_size."""

LOCK_WITHIN = 3.0
"""Seconds to wait for the servers of a process that was just killed to end."""


def default_state() -> Path:
    """Return the default state directory of `gw dev`.

    It lies in /var/lib for root, in XDG_STATE_HOME or ~/.local/state for everyone else. Raises
    Misconfigured for a user without a home directory.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/incident-gateway")
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    if not os.path.isabs(home):  # noqa: PTH117 - "~" stays as it is for a user without a home
        raise Misconfigured("this user has no home directory: choose a folder with --state")
    return Path(home) / "incident-gateway"


@dataclass(slots=True)
class EmbeddedServer:
    """One of the two servers: its start function, its readiness check, and the running child."""

    start: Callable[[], EmbeddedProcess]
    answers: Callable[[], Awaitable[bool]]
    child: EmbeddedProcess


class EmbeddedServers:
    """Both servers on a state directory, started and stopped together.

    Without `state` they live in a temporary directory that is removed when they stop. `fast`
    gives up durability. While they run, `<state>/servers.json` holds {"database_url",
    "redis_url"} and `<state>/servers.log` their output.
    """

    def __init__(
        self, state: Path | None = None, *, fast: bool = False, clock: Clock | None = None
    ) -> None:
        self.fast = fast
        self.database_url = ""
        self.redis_url = ""
        self._clock = clock or SystemClock()
        self._temporary = state is None
        self.state = (
            Path(tempfile.mkdtemp(prefix="gateway-", dir="/tmp"))
            if state is None
            else state.resolve()
        )
        self._run: Path | None = None
        self._lock: int | None = None
        self._servers: list[EmbeddedServer] = []

    async def __aenter__(self) -> Self:
        """Start both."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop both."""
        self.stop()

    @property
    def servers(self) -> Sequence[EmbeddedServer]:
        """Valkey and PostgreSQL, in the order of their start."""
        return self._servers

    async def start(self) -> None:
        """Start both and return once they answer; raises Misconfigured or Unavailable.

        Misconfigured means that programs are missing, or the state is in use or of another
        version.
        """
        remove_libpq_variables(os.environ)
        try:
            await self._start()
        except BaseException:
            self.stop()
            raise

    async def restart(self, server: EmbeddedServer) -> None:
        """Restart a server that is gone and return when it answers; raises Unavailable."""
        server.child.wait()
        server.child = server.start()
        await self._until_it_answers(server)

    def stop(self) -> None:
        """Stop both in order and wait for them; harmless when they are not running."""
        for server in self._servers:
            server.child.request_stop()
        for server in self._servers:
            server.child.wait()
        self._servers = []
        if self._lock is not None:
            (self.state / "servers.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None
        if self._run is not None and self._run.parent != self.state:
            shutil.rmtree(self._run)
        self._run = None
        if self._temporary:
            shutil.rmtree(self.state, ignore_errors=True)

    async def _start(self) -> None:
        account = service_account()
        self._make_state(account)
        self._lock = lock = await self._locked()
        self._run = run = _run_directory(self.state, account)
        log = self.state / "servers.log"
        if log.exists():
            log.replace(self.state / "servers.log.1")
        self.database_url, self.redis_url = database_url(run), redis_url(run)

        def valkey() -> EmbeddedProcess:
            return start_valkey(self.state, run, account, log, lock, fast=self.fast)

        def postgres() -> EmbeddedProcess:
            return start_postgres(self.state, run, account, log, lock, fast=self.fast)

        def postgres_serves() -> Awaitable[bool]:
            return postgres_answers(self.database_url)

        self._servers.append(EmbeddedServer(valkey, lambda: valkey_answers(run), valkey()))
        self._servers.append(EmbeddedServer(postgres, postgres_serves, postgres()))
        for server in self._servers:
            await self._until_it_answers(server)
        known = {"database_url": self.database_url, "redis_url": self.redis_url}
        draft = self.state / "servers.json.new"
        draft.write_text(json.dumps(known), "utf-8")
        draft.replace(self.state / "servers.json")

    def _make_state(self, account: Account | None) -> None:
        if self._temporary or not self.state.exists():
            self.state.mkdir(parents=True, exist_ok=True)
            self.state.chmod(0o711 if account else 0o700)
        if not self.state.is_dir():
            raise Misconfigured(f"{self.state} is a file: choose a folder with --state")
        if account and not may_execute(account, self.state):
            said = f"the account {account.name!r} cannot enter {self.state}"
            raise Misconfigured(f"{said}: choose another folder with --state")

    async def _locked(self) -> int:
        """Lock the state directory and return the lock's descriptor; raises Misconfigured.

        The servers hold the lock too, so it is free only once the last of them is gone.
        """
        lock = os.open(self.state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = self._clock.monotonic() + LOCK_WITHIN
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._clock.monotonic() > until:
                    os.close(lock)
                    raise Misconfigured(
                        f"{self.state} is in use by another gateway: "
                        "stop that one, or choose another state directory"
                    ) from None
            except OSError as error:
                os.close(lock)
                said = f"{self.state} cannot be locked ({error.strerror})"
                raise Misconfigured(f"{said}: choose a folder on a local disk") from error
            else:
                return lock
            await self._clock.sleep(0.05)

    async def _until_it_answers(self, server: EmbeddedServer) -> None:
        until = self._clock.monotonic() + START_WITHIN
        while not await server.answers():
            server.child.check()
            if self._clock.monotonic() > until:
                said = f"{server.child.name} did not answer within {START_WITHIN:.0f} s"
                raise Unavailable(f"{said}: see {server.child.log}")
            await self._clock.sleep(0.02)


def _run_directory(state: Path, account: Account | None) -> Path:
    """Create the directory of the sockets, beside the data if possible.

    It is in /tmp if that path is too long or would need quoting.
    """
    run = state / "run"
    if len(os.fsencode(run)) > LONGEST_RUN_PATH or not re.fullmatch(r"[A-Za-z0-9/._-]+", str(run)):
        run = Path(tempfile.mkdtemp(prefix="gateway-run-", dir="/tmp"))
        run.rmdir()
    create_private_directory(run, account)
    return run
