"""Deadlines of requests: a request that takes longer is cancelled and answered with 503.

Authentication counts; the sender's own time does not: while a handler waits for the body, the
deadline moves on, and `server.body_within` bounds the wait. A handler that has good reason to
take longer calls `extend_deadline`: long polls and files.
"""

import asyncio
from collections import deque
from contextvars import ContextVar

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.errors import Unavailable
from gateway.untrusted.request_bodies import AWAITS_SENDER

FILE_SECONDS = 10.0
"""Seconds in which a file must be stored, or its first bytes be read from the store."""

LATE = "it was not done in time, and whether it will be is not known: send the same again shortly"


class RequestDeadline:
    """The deadline of a running request.

    `first` was set when the request began, `at` is in force. A request that ended is referred to
    no more.
    """

    __slots__ = ("at", "first", "late", "request", "task", "usual")

    def __init__(self, request: web.Request, now: float, usual: float) -> None:
        self.task = asyncio.current_task()
        self.request: web.Request | None = request
        self.usual = usual
        self.first = self.at = now + usual
        self.late = False

    def missed(self) -> bool:
        """Return whether this deadline, and nobody else, cancelled the request."""
        return self.late and self.task is not None and self.task.uncancel() == 0

    def end(self) -> None:
        """Drop the references to a request that was answered."""
        self.task = self.request = None


_due: ContextVar[RequestDeadline | None] = ContextVar("due", default=None)
"""The deadline of the running request; a context variable is the cheapest way to pass it on."""


def extend_deadline(seconds: float) -> None:
    """Move the deadline of the running request to `seconds` from now plus the usual time."""
    due = _due.get()
    if due is not None:
        due.at = asyncio.get_running_loop().time() + seconds + due.usual


class Deadlines:
    """The deadlines of all running requests, on one timer because nearly all are equally long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: deque[RequestDeadline] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def bounded(self, handler: Handler) -> Handler:
        """Return the handler with a deadline; it raises Unavailable when that has passed."""

        async def bounded(request: web.Request) -> web.StreamResponse:
            due = self._begun(request)
            try:
                return await handler(request)
            except asyncio.CancelledError:
                if due.missed():
                    raise Unavailable(LATE) from None
                raise
            finally:
                due.end()

        return bounded

    def _begun(self, request: web.Request) -> RequestDeadline:
        loop, running = asyncio.get_running_loop(), self._running
        due = RequestDeadline(request, loop.time(), self._seconds)
        _due.set(due)
        while running and running[0].task is None:
            running.popleft()
        running.append(due)
        if self._timer is None:
            self._timer = loop.call_at(due.first, self._look, loop)
        return due

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        running = self._running
        while running and (running[0].task is None or running[0].first <= loop.time()):
            self._judge(running.popleft(), loop)
        self._timer = loop.call_at(running[0].first, self._look, loop) if running else None

    def _judge(self, due: RequestDeadline, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel a request that is late, or check again later one that may continue."""
        if due.task is None or due.request is None:
            return
        if due.request.get(AWAITS_SENDER, False):
            due.at = loop.time() + self._seconds
        if due.at > loop.time():
            loop.call_at(due.at, self._judge, due, loop)
        else:
            due.late = True
            due.task.cancel()
