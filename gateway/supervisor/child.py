"""A forked process's side of its supervisor: readiness and heartbeats, its end, its parent's."""

import ctypes
import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgspec

from gateway.supervisor.decisions import CHECK_SECONDS, RestartReason
from gateway.timing.clock import Clock

SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG, prctl(2)."""


@dataclass(slots=True)
class SupervisorPipe:
    """The pipe to the supervisor: a line of JSON once it serves, then an empty line for each beat.

    `restarts` is the number of earlier restarts, by reason.
    """

    fd: int
    restarts: Mapping[RestartReason, int] = field(default_factory=dict)

    def serves(self, facts: Mapping[str, Any]) -> None:
        """Report that requests are served, with facts for clients, such as the address."""
        os.write(self.fd, msgspec.json.encode(facts) + b"\n")

    async def beat(self, clock: Clock) -> None:
        """Send heartbeats of the event loop forever.

        Ends this process when the supervisor is gone.
        """
        os.set_blocking(self.fd, False)
        while True:
            try:
                os.write(self.fd, b"\n")
            except BlockingIOError:
                pass  # the supervisor is stopped, and will find enough beats when it continues
            except BrokenPipeError:
                os._exit(1)
            await clock.sleep(CHECK_SECONDS)


def die_with_parent(parent: int) -> None:
    """Make the kernel kill this process when the process `parent` ends."""
    signal_on_parent_death(parent, signal.SIGKILL)()


def signal_on_parent_death(parent: int, number: signal.Signals) -> Callable[[], None]:
    """Return a function that makes the kernel signal its process when `parent` ends.

    Libraries are loaded beforehand, so that it may be called between fork and exec.
    """
    libc = ctypes.CDLL(None)

    def arrange() -> None:
        if sys.platform == "linux":
            libc.prctl(SET_PARENT_DEATH_SIGNAL, number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before that
            os._exit(1)

    return arrange


def dump_stacks_on_abort(fd: int) -> None:
    """Write every thread's stack to `fd` on SIGABRT and on crashes.

    It works even while a call into C holds the interpreter.
    """
    faulthandler.enable(file=fd, all_threads=True)


def run_and_exit(work: Callable[[], int]) -> NoReturn:
    """Do this work and exit, in a process just forked, whose stack belongs to its parent."""
    status = 1
    try:
        status = work()
    except BaseException:  # noqa: BLE001 - the outermost edge of this process
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def exit_status(pid: int) -> int | None:
    """Return the exit status of a child, None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None
