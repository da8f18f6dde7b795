"""A server as a child of ours that never outlives us, not even when we are killed with SIGKILL."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from gateway.embedded.account import Account, environment
from gateway.errors import Misconfigured, Unavailable
from gateway.supervisor.child import ending_with

STOP_WITHIN = 20.0
"""Seconds a server may take to stop in order."""

LAST_WORDS = 4_096
"""Bytes at the end of a log in which the last line is looked for."""

WATCHER = "import os,signal,sys; sys.stdin.read(); os.kill(int(sys.argv[1]), signal.SIGINT)"
"""Waits for our end of its pipe to close, which the kernel does however we die."""


class Child:
    """One running server. `lock` stays open in it, so that its state stays locked for as long as it lives."""

    def __init__(self, name: str, argv: Sequence[str | Path], account: Account | None, log: Path, lock: int) -> None:
        """Start it; raises Misconfigured off the main thread, to which the kernel would tie the child's life."""
        if threading.current_thread() is not threading.main_thread():
            raise Misconfigured("the bundled servers can only be started from the main thread")
        self.name = name
        self.log = log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [str(part) for part in argv],
                cwd="/",
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                pass_fds=(lock,),
                start_new_session=True,  # a Ctrl-C is for us, who then stop them in order
                preexec_fn=ending_with(os.getpid(), signal.SIGINT) if sys.platform == "linux" else None,
            )
        self._watcher = None if sys.platform == "linux" else watch(self.process.pid)

    def check(self) -> None:
        """Raise Unavailable with the last line of the log if the server is gone."""
        if (status := self.process.poll()) is not None:
            raise Unavailable(f"{self.name} stopped with status {status}: {self.last_words()}: see {self.log}")

    def last_words(self) -> str:
        """Return the last line of the log, which both servers write to."""
        with self.log.open("rb") as said:
            said.seek(max(0, said.seek(0, os.SEEK_END) - LAST_WORDS))
            return said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]

    def request_stop(self) -> None:
        """Ask for an orderly stop: SIGINT is PostgreSQL's fast shutdown and Valkey's save-and-exit."""
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.wait()
        self.process.send_signal(signal.SIGINT)

    def wait(self) -> None:
        """Return once it is gone, by force after STOP_WITHIN seconds."""
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def watch(pid: int) -> subprocess.Popen[bytes]:
    """Where the kernel cannot tie lives together: a process that stops `pid` when ours ends."""
    return subprocess.Popen([sys.executable, "-c", WATCHER, str(pid)], stdin=subprocess.PIPE, cwd="/", start_new_session=True)
