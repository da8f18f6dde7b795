"""One thread for calls that wait for another server: it holds nobody up, neither the loop nor the end of the process."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")
Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Thread:
    """Does one call after the other; `close` ends it after the call that it is in."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Job | Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def do(self, call: Callable[[], Result]) -> Result:
        """What the call returns or raises. Who is cancelled meanwhile leaves the call to itself."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._jobs.put((loop, future, call))
        return await future

    def close(self, last: Callable[[], None]) -> None:
        """No more calls but that one, which raises nothing."""
        self._jobs.put(last)

    def _run(self) -> None:
        while isinstance(job := self._jobs.get(), tuple):
            loop, future, call = job
            result, error = None, None
            try:
                result = call()
            except Exception as raised:  # noqa: BLE001 - it is raised where the call was asked for
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody left to tell
                loop.call_soon_threadsafe(_settle, future, result, error)
        job()


def _settle(future: "asyncio.Future[Any]", result: object, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
