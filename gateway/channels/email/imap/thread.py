"""A thread for calls that block on another server.

It delays neither the event loop nor the end of the process.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")
Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class BlockingThread:
    """A thread that makes one call after another; `close` ends it after the current one."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Job | Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def do(self, call: Callable[[], Result]) -> Result:
        """Make a call and return its result or raise its error.

        Cancelling the caller does not stop the call.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put((loop, future, call))
        return await future

    def close(self, last: Callable[[], None]) -> None:
        """Make one last call, which raises nothing, and take no more."""
        self._jobs.put(last)

    def _run(self) -> None:
        while isinstance(job := self._jobs.get(), tuple):
            loop, future, call = job
            result, error = None, None
            try:
                result = call()
            except Exception as raised:  # noqa: BLE001 - it is raised in the caller
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: no caller is left
                loop.call_soon_threadsafe(_settle, future, result, error)
        job()


def _settle(future: "asyncio.Future[Any]", result: object, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
