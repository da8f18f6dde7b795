"""The longest a sender waits for its commit."""

import asyncio
from collections import deque

from gateway.dedup.submission import Receipt
from gateway.errors import Unavailable

Answer = asyncio.Future[Receipt]


class Deadlines:
    """Gives up on answers `seconds` after they were asked for: one timer for all, because all wait equally long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: deque[tuple[float, Answer]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, answer: Answer) -> None:
        """Fail `answer` with Unavailable unless it is done in time."""
        loop = answer.get_loop()
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        self._waiting.append((loop.time() + self._seconds, answer))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._give_up, loop)

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= loop.time()):
            _, answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(Unavailable("the commit did not finish in time: send again shortly"))
        self._timer = loop.call_at(self._waiting[0][0], self._give_up, loop) if self._waiting else None
