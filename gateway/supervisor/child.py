"""The serving process's end of the line to its supervisor: it says that it serves, and from then on that it lives."""

import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.clock import Clock
from gateway.supervisor.decisions import LOOK, Reason

SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG, prctl(2)."""


@dataclass(slots=True)
class Line:
    """Lines of text to the supervisor: facts as JSON once it serves, then an empty line for each beat.

    `restarts` is how often it was restarted before, by reason.
    """

    fd: int
    restarts: Mapping[Reason, int] = field(default_factory=dict)

    def serves(self, facts: Mapping[str, Any]) -> None:
        """Say that requests are served, and what others have to know to send some."""
        os.write(self.fd, msgspec.json.encode(facts) + b"\n")

    async def beat(self, clock: Clock) -> None:
        """Say for ever that the event loop runs; end this process when nobody hears it any more."""
        os.set_blocking(self.fd, False)
        while True:
            try:
                os.write(self.fd, b"\n")
            except BlockingIOError:
                pass  # the supervisor is stopped, and will find enough beats when it goes on
            except BrokenPipeError:
                os._exit(1)
            await clock.sleep(LOOK)


def die_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent, the process `parent`, ends in whatever way."""
    ending_with(parent, signal.SIGKILL)()


def ending_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    """Return what lets the kernel send this signal to the process that calls it when its parent ends in whatever way.

    What it needs is loaded before, so that it may be called between fork and exec.
    """
    libc = ctypes.CDLL(None)

    def arrange() -> None:
        if sys.platform == "linux":
            libc.prctl(SET_PARENT_DEATH_SIGNAL, number, 0, 0, 0)
        if os.getppid() != parent:  # it died before that
            os._exit(1)

    return arrange


def say_where_on_abort(fd: int) -> None:
    """Write every thread's stack to `fd` on SIGABRT and on crashes, even while a call of C holds the interpreter."""
    faulthandler.enable(file=fd, all_threads=True)
