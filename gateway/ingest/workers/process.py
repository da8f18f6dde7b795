"""Work that may be hurt, done by a process of its own, one piece at a time, so that the loop is never held."""

import asyncio
import contextlib
import io
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from gateway.errors import Overloaded, Unavailable
from gateway.ingest.workers.forker import Forked, Forker
from gateway.ingest.workers.protocol import COSTLY, Answered, Asked, TooCostly

T = TypeVar("T")

WITHIN = 15.0
"""Seconds that a piece of work may last, of which a third may be the processor's."""

WAITING = 32
"""Pieces of work that may wait."""

BROKEN = (asyncio.IncompleteReadError, ConnectionError)
"""How it shows that the process is no more."""

TRUSTED = frozenset({"gateway", "datetime", "uuid"})
"""Packages of which the process may name classes in what it answers."""

MAKERS = frozenset({("msgspec._utils", "rebuild"), ("asyncpg.pgproto.pgproto", "UUID")})
"""What else it may name: what makes values of ours, and the database's UUID."""

log = structlog.get_logger()


SHORT, FEW = 4_096, 200
"""Bytes, and commas, of a body that is read at once whatever has to be mended of it: mending costs by the value."""

QUICK, FEW_VALUES = 32_768, 1_000
"""Bytes, and separators of values, of a body that is read at once where some of it is mended."""

SEPARATORS = (b",", b"[", b"{", b":")

CPU_SECONDS, CPU_SECONDS_PER_BYTE = 0.25, 0.15e-6
"""Seconds of the processor that reading a request may take: half a second for the largest."""


def is_short(body: bytes) -> bool:
    """Return whether a body is read, and mended, in milliseconds whatever it is."""
    return len(body) <= SHORT and body.count(b",") <= FEW


def is_quick(body: bytes) -> bool:
    """Return whether a body of JSON is read in some milliseconds by what mends little of it."""
    return len(body) <= QUICK and sum(map(body.count, SEPARATORS)) <= FEW_VALUES


def plain(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers as what can be sent to a process, by their lower-case names, of several the first."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), value)
    return found


def allowed(body: bytes) -> float:
    """Return how many seconds of the processor reading a body may take."""
    return CPU_SECONDS + len(body) * CPU_SECONDS_PER_BYTE


class Reader:
    """Does work in a process, for one sender after the other; `close` ends the process.

    Of one sender, so many pieces of work may wait as `waiting_each` says.
    """

    def __init__(self, name: str, forker: Forker, waiting_each: int = WAITING) -> None:
        self.forker, self._name, self._waiting_each = forker, name, waiting_each
        self._turn = asyncio.Lock()
        self._turns: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._process: Forked | None = None
        self._closed = False

    @property
    def started(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    async def call(self, sender: str, seconds: float, function: Callable[..., T], *given: Any) -> T:
        """Return what a function of a module gives; raises as it does, of our errors those that a request may end with.

        Raises TooCostly for what takes more than so many seconds of the processor, Overloaded where too much waits, and
        Unavailable when no process can be had.
        """
        frame = pickle.dumps(Asked(function, given, seconds), pickle.HIGHEST_PROTOCOL)
        async with self._place(sender):
            await self._turn.acquire()
            work = asyncio.create_task(self._asked(frame))
            work.add_done_callback(self._end_turn)
            answered = await asyncio.shield(work)  # whose caller gives up goes on: a new process costs more than its end
        if answered.error is not None:
            raise answered.error(answered.detail, flaws=answered.flaws)
        value: T = answered.value
        return value

    @asynccontextmanager
    async def _place(self, sender: str) -> AsyncIterator[None]:
        """Give a turn, in which of each sender only one piece of work stands in line; raises Overloaded."""
        if self._waiting.total() >= WAITING or self._waiting[sender] >= self._waiting_each:
            raise Overloaded("too many long requests wait to be read: send again shortly")
        self._waiting[sender] += 1
        try:
            async with self._turns.setdefault(sender, asyncio.Lock()):
                yield
        finally:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender], self._turns[sender]

    def _end_turn(self, work: "asyncio.Task[Answered]") -> None:
        self._turn.release()
        if not work.cancelled():
            work.exception()  # it was raised where somebody still waited

    async def _asked(self, frame: bytes) -> Answered:
        """Ask the process, and another one where that was gone without having used up its time.

        Raises TooCostly where that is gone as well, and Unavailable where nothing is said in time.
        """
        try:
            try:
                return await self._exchange(frame)
            except BROKEN:
                return await self._exchange(frame)
        except BROKEN as error:
            log.warning("reader_ended", reader=self._name, error=type(error).__name__, bytes=len(frame))
            await self.start()
            raise TooCostly(COSTLY) from error
        except TimeoutError as error:
            # It used up no time of the processor, or it would have been killed: it, or what forks it, is stopped.
            log.warning("reader_silent", reader=self._name, bytes=len(frame))
            self.forker.close()
            raise Unavailable("it was not read in time: send again shortly") from error

    async def _exchange(self, frame: bytes) -> Answered:
        process = await self._started()
        try:
            async with asyncio.timeout(WITHIN):
                said = await process.exchange(frame)
        except BaseException:
            self._end()
            raise
        return answer_of(said)

    async def start(self) -> None:
        """Start the process if there is none, so that it is ready when it is asked."""
        await self._started()

    async def _started(self) -> Forked:
        if self._closed:
            raise Unavailable("the gateway ends: send again shortly")
        if self._process is not None and self._process.source.at_eof():
            self._end()
        if self._process is None:
            try:
                self._process = await self.forker.fork()
            except OSError as error:
                raise Unavailable("no process can be started to read it: send again shortly") from error
        return self._process

    async def close(self) -> None:
        """End the process for good: whoever still asks is told to come again."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        """End the process; the next piece of work starts another."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):  # it cannot be reached: what it forked ended with it
                self.forker.kill(process)


def answer_of(said: bytes) -> Answered:
    """Return an answer of the process; raises UnpicklingError for one that names anything but values of ours."""
    answered: Answered = _Answers(io.BytesIO(said)).load()
    return answered


class _Answers(pickle.Unpickler):
    """Reads what the process answers, which may hold values of ours and no others."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of a trusted package; raises UnpicklingError for anything else."""
        if module.partition(".")[0] in TRUSTED and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        if (module, name) in MAKERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that is answered")
