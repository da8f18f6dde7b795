"""Tells callers who wait in this process that something may have changed; what did is PostgreSQL's to say."""

import asyncio

from gateway.clock import Clock


class Wake:
    """One event for all who wait, used up each time."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def call(self) -> None:
        """Wake everyone who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, clock: Clock, seconds: float) -> None:
        """Return when called, or after `seconds`."""
        pending = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(self._event.wait())}
        try:
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pending:
                task.cancel()
