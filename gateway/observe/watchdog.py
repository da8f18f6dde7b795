"""A watchdog of the event loop: measures its lag, and logs the stack of a stalled loop.

A call into C that holds the interpreter blocks it too, so it ends no process: that is for the
supervisor (`gateway/supervisor`).
"""

import asyncio
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from gateway.timing.clock import Clock

BEAT_SECONDS = 0.05
"""Seconds between two beats of the loop; a delay longer than twice this is measured in full."""

CHECK_SECONDS = 0.25
"""Seconds between two checks of the watching thread."""

STALLED_AFTER = 1.0
"""Seconds without a beat after which the log shows the stack of the loop."""

log = structlog.get_logger()


class StallDetector:
    """The state of the watching thread: the number of checks without a beat.

    It counts checks, not seconds, so that a stopped or suspended process, whose thread did not
    check either, is not taken for a stalled one.
    """

    def __init__(self, thread_id: int) -> None:
        self._thread_id = thread_id
        self._silent = 0

    def beat(self) -> None:
        """Record that the loop is alive."""
        self._silent = 0

    def look(self) -> None:
        """Check for a beat, every `LOOK` seconds, from another thread."""
        self._silent += 1
        if self._silent == round(STALLED_AFTER / CHECK_SECONDS):
            log.warning("event_loop_stalled", seconds=STALLED_AFTER, stack=self._stack())

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001 - the documented way to see another thread's stack
        return "".join(traceback.format_stack(frame)) if frame is not None else ""


@asynccontextmanager
async def watch_event_loop(clock: Clock, lag: Callable[[float], None]) -> AsyncIterator[None]:
    """Watch the running event loop.

    `lag` is called about twenty times a second with the seconds that a sleeper was woken late.
    """
    watch, stopped = StallDetector(threading.get_ident()), threading.Event()

    def looking() -> None:
        while not stopped.wait(CHECK_SECONDS):
            watch.look()

    async def beating() -> None:
        while True:
            began = clock.monotonic()
            await clock.sleep(BEAT_SECONDS)
            lag(max(0.0, clock.monotonic() - began - BEAT_SECONDS))
            watch.beat()

    thread = threading.Thread(target=looking, name="watchdog", daemon=True)
    thread.start()
    task = asyncio.create_task(beating(), name="watchdog")
    try:
        yield
    finally:
        task.cancel()
        stopped.set()
