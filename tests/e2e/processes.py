"""Real programs as children of the test run.

They are started on free ports, stopped in order, and end with the test run.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from gateway.timing.clock import SystemClock

ROOT = Path(__file__).parents[2]
STOP_WITHIN = 20.0

Found = TypeVar("Found")
_libc = ctypes.CDLL(None)


@contextmanager
def program(log: Path, cwd: Path, *argv: str | Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program in `cwd` that writes to `log`.

    At the end of the block the program is stopped, and must end in an orderly way.
    """
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(part) for part in argv],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=lambda: _libc.prctl(1, signal.SIGTERM),  # PR_SET_PDEATHSIG
        )
    try:
        yield process
    finally:
        stop(process)
    assert process.returncode in {0, -signal.SIGTERM}, (
        f"{argv[0]} ended with {process.returncode}:\n{tail(log)}"
    )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop a process, by SIGKILL if SIGTERM does not suffice."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_ports(count: int) -> list[int]:
    """Return different free ports of 127.0.0.1."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def listening(port: int) -> bool:
    """Return whether a port of 127.0.0.1 is open."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def tail(log: Path) -> str:
    """Return the end of a program's output."""
    return log.read_text("utf-8", "replace")[-3000:]


async def until(
    what: str, look: Callable[[], Awaitable[Found | None]], within: float = 20.0
) -> Found:
    """Return the first true result of `look`; fail with the last result when time is up."""
    clock = SystemClock()
    deadline = clock.monotonic() + within
    while not (found := await look()):
        assert clock.monotonic() < deadline, (
            f"not within {within} s: {what}; the last answer was {found!r}"
        )
        await clock.sleep(0.1)
    return found


def binary(directory: Path, name: str) -> str:
    """Return the path of a program in the directory; fail if it is missing."""
    path = directory / name
    assert os.access(path, os.X_OK), f"{path} is missing: python3 gw fetch-e2e"
    return str(path)


UNHURRIED = "GATEWAY_SERVER__DEADLINE=8s"
"""The setting with which no slow machine makes a request late."""


async def development_gateway(stack: ExitStack, folder: Path, *argv: str | Path) -> dict[str, str]:
    """Start a command that is `gw dev`, with its state in the folder, until the stack ends.

    Returns the content of its ready file; what it prints is in `gateway.log`.
    """
    log, ready = folder / "gateway.log", folder / "ready.json"
    options = ("--port", "0", "--state", folder / "state", "--ready-file", ready)
    process = stack.enter_context(program(log, ROOT, "env", UNHURRIED, *argv, *options))

    async def written() -> dict[str, str] | None:
        assert process.poll() is None, tail(log)
        return json.loads(ready.read_text()) if ready.exists() else None

    return await until("the gateway serves", written, 40)
