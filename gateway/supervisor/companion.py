"""The companion: a second process of the supervisor, started again whenever it ends."""

import os
import signal
from collections.abc import Callable, Sequence

import structlog

from gateway.supervisor.child import die_with_parent, exit_status, run_and_exit
from gateway.timing.clock import Clock

PAUSE = 5.0
"""Seconds between two starts."""

log = structlog.get_logger()


class Companion:
    """A process with work of its own, which ends with the supervisor."""

    def __init__(self, work: Callable[[], int], clock: Clock) -> None:
        self._work, self._clock = work, clock
        self._pid: int | None = None
        self._started: float | None = None

    def keep(self, restore: Callable[[], None], closing: Sequence[int]) -> None:
        """Start the process where it does not run and the pause is over.

        It calls `restore`, and closes the descriptors of the supervisor.
        """
        if self._pid is not None and (status := exit_status(self._pid)) is not None:
            log.error("companion_died", pid=self._pid, status=status)
            self._pid = None
        now = self._clock.monotonic()
        if self._pid is None and (self._started is None or now - self._started >= PAUSE):
            self._started = now
            self._pid = self._start(restore, closing)

    def stop(self) -> None:
        """Kill the process, which has nothing to finish."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = None

    def _start(self, restore: Callable[[], None], closing: Sequence[int]) -> int:
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            restore()
            for fd in closing:
                os.close(fd)
            run_and_exit(lambda: self._run(parent))
        return pid

    def _run(self, parent: int) -> int:
        die_with_parent(parent)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
        return self._work()
