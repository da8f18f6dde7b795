"""Tests of the supervisor with a process that dies, is silent, is stopped or is asked to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest

from gateway.supervisor.decisions import CHECK_SECONDS, GRACE
from tests.support.process import CLOCK, ROOT

SILENT = 1.5
WITHIN = 20.0


class Supervised:
    """A running supervisor, and the output of it and its processes."""

    def __init__(self, process: "subprocess.Popen[str]", said: Path, log: Path) -> None:
        self.process, self._said, self._log = process, said, log

    def lines(self, name: str) -> list[Any]:
        told = [json.loads(line) for line in self._said.read_text().splitlines()]
        return [one[name] for one in told if name in one]

    def events(self, event: str) -> list[dict[str, Any]]:
        told = [
            json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")
        ]
        return [one for one in told if one["event"] == event]

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def until(self, fits: Callable[[], object]) -> float:
        """Wait until the condition holds and return the seconds that it took."""
        began = CLOCK.monotonic()
        while not fits():
            assert CLOCK.monotonic() - began < WITHIN, self.log
            await CLOCK.sleep(0.02)
        return CLOCK.monotonic() - began

    async def serving(self, count: int = 1) -> int:
        """Wait until `count` processes have served and return the id of the last one."""
        await self.until(lambda: len(self.lines("serves")) >= count)
        return int(self.lines("serves")[-1])

    async def ended(self) -> int:
        await self.until(lambda: self.process.poll() is not None)
        return int(self.process.returncode)


@contextmanager
def supervised(folder: Path, behaviour: str, **variables: str) -> Iterator[Supervised]:
    said, log = folder / "said", folder / "log"
    argv = [sys.executable, "-m", "tests.supervisor.example", behaviour, str(SILENT)]
    with said.open("w") as out, log.open("w") as error:
        process = subprocess.Popen(
            argv, cwd=ROOT, stdout=out, stderr=error, text=True, env={**os.environ, **variables}
        )
    try:
        yield Supervised(process, said, log)
    finally:
        process.kill()
        process.wait()


class Heard:
    """The notification socket of systemd, and the messages received on it."""

    def __init__(self, path: Path) -> None:
        self._socket, self._path = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), path
        self._told: list[str] = []

    def __enter__(self) -> Self:
        self._socket.bind(str(self._path))
        self._socket.settimeout(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def all(self) -> list[str]:
        with suppress(BlockingIOError):
            while True:
                self._told.append(self._socket.recv(1_024).decode())
        return self._told


def alive(pid: int) -> bool:
    """Return whether the process exists and runs.

    An ended process remains as a zombie until its parent collects its status.
    """
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [("misconfigured", 3), ("crashes", 128 + signal.SIGSEGV), ("raises", 1)],
)
async def test_process_that_never_served_ends_supervisor_with_its_status(
    tmp_path: Path, behaviour: str, status: int
) -> None:
    with supervised(tmp_path, behaviour) as running:
        assert await running.ended() == status
        assert running.events("process_died") == []
        assert ("nobody foresaw this" in running.log) == (behaviour == "raises")


async def test_killed_process_is_replaced_at_once_and_logged_once(tmp_path: Path) -> None:
    with supervised(tmp_path, "serves") as running:
        first = await running.serving()
        os.kill(first, signal.SIGKILL)
        second = await running.serving(2)
        assert second != first
        assert running.lines("restarts") == [{}, {"killed": 1}]
        [told] = running.events("process_died")
        assert (told["reason"], told["status"], told["again_in"]) == (
            "killed",
            -signal.SIGKILL,
            0.0,
        )


async def test_repeatedly_failing_process_restarts_with_growing_pauses(tmp_path: Path) -> None:
    with supervised(tmp_path, "fails") as running:
        await running.until(lambda: len(running.events("process_died")) == 3)
        told = running.events("process_died")
        assert [(one["reason"], one["again_in"]) for one in told] == [
            ("failed", 0.0),
            ("failed", 1.0),
            ("failed", 2.0),
        ]
        running.process.terminate()
        assert await running.ended() == 7


async def test_process_with_blocked_interpreter_logs_stack_and_is_replaced(tmp_path: Path) -> None:
    with supervised(tmp_path, "stuck") as running:
        first = await running.serving()
        assert await running.until(lambda: len(running.lines("serves")) == 2) < SILENT + GRACE + 3
        assert not alive(first)
        assert running.lines("restarts")[-1] == {"silent": 1}
        assert "hold_the_interpreter" in running.events("process_crashed")[0]["stack"]


async def test_stopped_process_is_replaced_unless_continued_in_time(tmp_path: Path) -> None:
    with supervised(tmp_path, "serves") as running:
        first = await running.serving()
        os.kill(first, signal.SIGSTOP)
        await CLOCK.sleep(SILENT / 2)
        os.kill(first, signal.SIGCONT)
        await CLOCK.sleep(SILENT + 2 * CHECK_SECONDS)
        assert (alive(first), running.events("process_died")) == (True, [])
        os.kill(first, signal.SIGSTOP)
        await running.serving(2)
        assert not alive(first)


async def test_machine_suspend_does_not_count_as_silence(tmp_path: Path) -> None:
    with supervised(tmp_path, "serves") as running:
        first = await running.serving()
        for pid in (running.process.pid, first):
            os.kill(pid, signal.SIGSTOP)
        await CLOCK.sleep(SILENT + GRACE + 1)
        for pid in (running.process.pid, first):
            os.kill(pid, signal.SIGCONT)
        await CLOCK.sleep(1)
        assert (alive(first), running.events("process_silent")) == (True, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stop_signal_is_forwarded_and_ends_with_status_0(
    tmp_path: Path, number: signal.Signals
) -> None:
    with supervised(tmp_path, "serves") as running:
        first = await running.serving()
        running.process.send_signal(number)
        assert await running.ended() == 0
        assert running.lines("stopped") == [first]
        assert running.log == ""


async def test_process_ends_when_supervisor_is_killed(tmp_path: Path) -> None:
    with supervised(tmp_path, "serves") as running:
        first = await running.serving()
        running.process.kill()
        await running.ended()
        assert await running.until(lambda: not alive(first)) < 1


async def test_systemd_is_notified_of_ready_watchdog_and_stopping(tmp_path: Path) -> None:
    socket_path = tmp_path / "notify"
    with (
        Heard(socket_path) as heard,
        supervised(tmp_path, "serves", NOTIFY_SOCKET=str(socket_path)) as running,
    ):
        first = await running.serving()
        await running.until(lambda: heard.all().count("WATCHDOG=1") >= 3)
        assert heard.all()[0] == "READY=1"
        os.kill(first, signal.SIGSTOP)
        await CLOCK.sleep(2 * CHECK_SECONDS)
        before = len(heard.all())
        await CLOCK.sleep(3 * CHECK_SECONDS)
        assert len(heard.all()) == before, "a silent process is told of as alive"
        os.kill(first, signal.SIGCONT)
        running.process.terminate()
        assert await running.ended() == 0
        assert heard.all()[-1] == "STOPPING=1"
