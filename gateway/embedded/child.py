"""A server as a child process that never outlives its parent, not even after SIGKILL."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from gateway.embedded.account import Account, server_environment
from gateway.errors import Misconfigured, Unavailable
from gateway.supervisor.child import signal_on_parent_death

STOP_WITHIN = 20.0
"""Seconds a server may take to stop in order."""

LAST_WORDS = 4_096
"""Bytes at the end of a log that are searched for the last line."""

WATCHER = "import os,signal,sys; sys.stdin.read(); os.kill(int(sys.argv[1]), signal.SIGINT)"
"""A program that waits for its pipe to close, which the kernel does however the parent dies."""


class EmbeddedProcess:
    """A running server process.

    `lock` stays open in it, so that its state directory stays locked for as long as it lives.
    """

    def __init__(
        self, name: str, argv: Sequence[str | Path], account: Account | None, log: Path, lock: int
    ) -> None:
        """Start it; raises Misconfigured off the main thread.

        The kernel would tie the child's life to that other thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise Misconfigured("the bundled servers can only be started from the main thread")
        self.name = name
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [str(part) for part in argv],
                cwd="/",
                env=server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C is for the parent, which then stops them in order
                preexec_fn=signal_on_parent_death(os.getpid(), signal.SIGINT)
                if sys.platform == "linux"
                else None,
            )
        self._watcher = None if sys.platform == "linux" else start_watcher(self.process.pid)

    def check(self) -> None:
        """Raise Unavailable with the last line of the log if the server is gone."""
        if (status := self.process.poll()) is not None:
            raise Unavailable(
                f"{self.name} stopped with status {status}: {self.last_log_line()}: see {self.log}"
            )

    def last_log_line(self) -> str:
        """Return the last line of the log, which both servers write to."""
        with self.log.open("rb") as said:
            said.seek(max(0, said.seek(0, os.SEEK_END) - LAST_WORDS))
            return said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]

    def request_stop(self) -> None:
        """Request an orderly stop by SIGINT: PostgreSQL's fast shutdown, Valkey's save and exit."""
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.wait()
        self.process.send_signal(signal.SIGINT)

    def wait(self) -> None:
        """Return once it is gone; kill it after STOP_WITHIN seconds."""
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_watcher(pid: int) -> subprocess.Popen[bytes]:
    """Start a process that stops `pid` when this one ends, for kernels that cannot do it."""
    return subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(pid)],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    )
