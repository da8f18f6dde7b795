"""The supervisor: forks the serving process, checks its heartbeats, kills and restarts it.

It forks instead of starting a new program, so that imported modules and settings are there at
once, also at a restart. It has no thread and no event loop, and processes no input of strangers.
"""

import gc
import os
import selectors
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

import msgspec
import structlog

from gateway.supervisor.child import (
    SupervisorPipe,
    die_with_parent,
    dump_stacks_on_abort,
    exit_status,
    run_and_exit,
)
from gateway.supervisor.companion import Companion
from gateway.supervisor.decisions import (
    CHECK_SECONDS,
    ProcessEnd,
    RecentDeaths,
    RestartReason,
    WatchAction,
    choose_action,
)
from gateway.supervisor.systemd import Systemd, systemd_from_environment
from gateway.timing.clock import Clock, SystemClock

STOPS = (signal.SIGTERM, signal.SIGINT)
STACK = 65_536
"""The most bytes of a crash report, which are the capacity of a pipe."""

log = structlog.get_logger()

Serve = Callable[[SupervisorPipe], int]
"""A function that serves until it is stopped and returns the exit status."""

OnServing = Callable[[int, dict[str, Any]], None]
"""A function called with process ID and facts each time a process starts to serve."""


def supervise(
    serve: Serve,
    served: OnServing = lambda _pid, _facts: None,
    beside: Callable[[], int] | None = None,
) -> int:
    """Run `serve` in a child process, restart it when it dies, and return the exit status.

    `beside` is the work of a second process, which runs from when the first one serves.
    """
    clock = SystemClock()
    companion = None if beside is None else Companion(beside, clock)
    supervisor = ProcessSupervisor(clock, systemd_from_environment(), served, companion)
    gc.freeze()  # the objects so far are shared with every child, and no collection searches them
    with supervisor.signals:
        end = supervisor.watch(supervisor.start(serve))
        while supervisor.should_restart(end):
            end = supervisor.watch(supervisor.start(serve))
        if companion is not None:
            companion.stop()
    return supervisor.status(end)


@dataclass(slots=True)
class ServingProcess:
    """A serving process, with the pipes of its heartbeats and of its crash report."""

    pid: int
    line: int
    crash: int
    said: bytes = b""
    served_at: float | None = None
    asked: bool = False
    """True once SIGTERM was passed on to it."""


class ProcessSupervisor:
    """The supervisor's state, from one child process to the next."""

    def __init__(
        self,
        clock: Clock,
        systemd: Systemd,
        served: OnServing,
        companion: Companion | None = None,
    ) -> None:
        self.restarts: Counter[RestartReason] = Counter()
        self._clock, self._systemd, self._served = clock, systemd, served
        self._companion = companion
        self._deaths, self._stopping = RecentDeaths(), False
        self._selector = selectors.PollSelector()
        self._wake = os.pipe()
        self.signals = SignalHandlers(self._wake[1], self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def start(self, serve: Serve) -> ServingProcess:
        """Fork the serving process; signals are blocked meanwhile, then handled by each process."""
        line, crash = os.pipe(), os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            self.signals.restore()
            for fd in (*self._wake, line[0], crash[0]):
                os.close(fd)
            run_and_exit(
                lambda: _as_child(
                    serve, SupervisorPipe(line[1], dict(self.restarts)), parent, crash[1]
                )
            )
        os.close(line[1])
        os.close(crash[1])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        return ServingProcess(pid, line[0], crash[0])

    def watch(self, child: ServingProcess) -> ProcessEnd:
        """Check the process until it has ended, and return how it ended."""
        looks, silent = 0, False
        for fd in (child.line, self._wake[0]):
            self._selector.register(fd, selectors.EVENT_READ)
        os.set_blocking(child.line, False)
        while True:
            heard = self._wait(CHECK_SECONDS, partial(self._forward_stop, child), child)
            looks = 0 if heard or child.served_at is None else looks + 1
            if child.served_at is not None and looks == 0 and not self._stopping:
                self._systemd.alive()
            if self._companion is not None and (self._deaths.served or child.served_at is not None):
                self._keep(self._companion, child)
            match choose_action(looks):
                case WatchAction.ASK if not silent:
                    log.error("process_silent", pid=child.pid, looks=looks)
                    silent = True
                    os.kill(child.pid, signal.SIGABRT)
                case WatchAction.KILL:
                    os.kill(child.pid, signal.SIGKILL)
            if (status := exit_status(child.pid)) is not None:
                return self._end_of(child, status, silent=silent)

    def should_restart(self, end: ProcessEnd) -> bool:
        """Return, after the pause that is due, whether the process is to be restarted."""
        self._deaths = self._deaths.after(end)
        pause = self._deaths.pause(stopping=self._stopping)
        if pause is None:
            return False
        self.restarts[end.reason] += 1
        log.error("process_died", reason=end.reason, status=end.status, again_in=pause)
        self._selector.register(self._wake[0], selectors.EVENT_READ)
        self._wait(pause, lambda: self._stopping)
        self._selector.unregister(self._wake[0])
        return not self._stopping

    def status(self, end: ProcessEnd) -> int:
        """Return the exit status of the supervisor.

        If a stop signal ended the process, the supervisor ends itself by the same signal.
        """
        if end.status >= 0:
            return end.status
        if self._stopping and -end.status in STOPS:
            signal.signal(-end.status, signal.SIG_DFL)
            os.kill(os.getpid(), -end.status)
        return 128 - end.status

    def _forward_stop(self, child: ServingProcess) -> bool:
        """Send SIGTERM to the process when the supervisor was stopped, once; return False."""
        if self._stopping and not child.asked:
            child.asked = True
            self._systemd.stopping()
            if self._companion is not None:
                self._companion.stop()
            os.kill(child.pid, signal.SIGTERM)
        return False

    def _keep(self, companion: Companion, child: ServingProcess) -> None:
        """Start the second process where it does not run; signals are blocked meanwhile."""
        if self._stopping:
            return
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        companion.keep(self.signals.restore, (*self._wake, child.line, child.crash))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def _wait(
        self, seconds: float, over: Callable[[], bool], child: ServingProcess | None = None
    ) -> bool:
        """Read from the child for `seconds` or until `over()`; return whether it wrote."""
        heard, until = False, self._clock.monotonic() + seconds
        while not over() and (left := until - self._clock.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                text = os.read(key.fd, 4_096)
                if key.fd == self._wake[0]:
                    continue
                if child is None or not text:
                    self._selector.unregister(key.fd)
                    return heard  # it closed its end: it is dead, or about to be
                heard = True
                self._read(child, text)
        return heard

    def _read(self, child: ServingProcess, text: bytes) -> None:
        """Read lines: an empty one is a beat, any other the facts of a process that serves."""
        *lines, child.said = (child.said + text).split(b"\n")
        for line in filter(None, lines):
            child.served_at = self._clock.monotonic()
            self._systemd.ready()
            self._served(child.pid, msgspec.json.decode(line, type=dict[str, Any]))

    def _end_of(self, child: ServingProcess, status: int, *, silent: bool) -> ProcessEnd:
        for fd in tuple(self._selector.get_map()):
            self._selector.unregister(fd)
        said = os.read(child.crash, STACK).decode(
            "utf-8", "replace"
        )  # to its end: all writers are dead
        os.close(child.line)
        os.close(child.crash)
        if said:
            log.error("process_crashed", pid=child.pid, stack=said)
        served_for = None if child.served_at is None else self._clock.monotonic() - child.served_at
        return ProcessEnd(status, served_for, silent)


class SignalHandlers:
    """Handlers of SIGTERM and SIGINT for a block; the earlier ones return after it."""

    def __init__(self, wake: int, handle: Callable[[int, FrameType | None], None]) -> None:
        self._wake, self._handle = wake, handle
        self._before: dict[signal.Signals, Any] = {}
        self._woken = -1

    def __enter__(self) -> None:
        os.set_blocking(self._wake, False)
        self._woken = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._handle) for number in STOPS}

    def __exit__(self, *_: object) -> None:
        self.restore()

    def restore(self) -> None:
        """Restore the earlier handlers."""
        for number, before in self._before.items():
            signal.signal(number, before)
        signal.set_wakeup_fd(self._woken)


def _as_child(serve: Serve, line: SupervisorPipe, parent: int, crash: int) -> int:
    """Serve in the child process; a signal that came during the fork is handled from here."""
    die_with_parent(parent)
    dump_stacks_on_abort(crash)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    return serve(line)
