"""Calls of risky functions in a worker process, one at a time, without blocking the loop."""

import asyncio
import contextlib
import io
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, TypeVar

import structlog

from gateway.errors import Overloaded, Unavailable
from gateway.ingest.workers.forker import ForkedWorker, WorkerForker
from gateway.ingest.workers.protocol import TOO_COSTLY, CallResult, FunctionCall, TooCostly

T = TypeVar("T")

CALL_TIMEOUT_S = 15.0
"""Seconds that a call may last, of which a third may be processor time."""

MAX_WAITING = 32
"""Calls that may wait."""

PROCESS_ENDED_ERRORS = (asyncio.IncompleteReadError, ConnectionError)
"""The errors that show that the process has ended."""

TRUSTED = frozenset({"gateway", "datetime", "uuid"})
"""Packages whose classes the process may use in its results."""

TRUSTED_CONSTRUCTORS = frozenset(
    {("msgspec._utils", "rebuild"), ("asyncpg.pgproto.pgproto", "UUID")}
)
"""Other names it may use: the constructors of our structs and of the database's UUID."""

log = structlog.get_logger()


SHORT, FEW = 4_096, 200
"""Bytes and commas of a body read at once, however much repair it needs; values cost most."""

QUICK, FEW_VALUES = 32_768, 1_000
"""Bytes and separators of values of a body that is read at once if little of it is repaired."""

SEPARATORS = (b",", b"[", b"{", b":")

CPU_SECONDS, CPU_SECONDS_PER_BYTE = 0.25, 0.15e-6
"""Seconds of processor time for reading a request, in all half a second for the largest."""


def is_short(body: bytes) -> bool:
    """Return whether a body is read and repaired in milliseconds, whatever it contains."""
    return len(body) <= SHORT and body.count(b",") <= FEW


def is_quick(body: bytes) -> bool:
    """Return whether a JSON body is read in milliseconds by a function that repairs little."""
    return len(body) <= QUICK and sum(map(body.count, SEPARATORS)) <= FEW_VALUES


def flatten_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers in a form that can be sent to a process.

    Names are in lower case; of several values the first is kept.
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), value)
    return found


def compute_cpu_limit(body: bytes) -> float:
    """Return the seconds of processor time that reading a body may take."""
    return CPU_SECONDS + len(body) * CPU_SECONDS_PER_BYTE


class ParseWorker:
    """A worker process that runs calls one at a time, taking turns between senders.

    At most `waiting_each` calls of one sender may wait. `close` ends the process.
    """

    def __init__(self, name: str, forker: WorkerForker, waiting_each: int = MAX_WAITING) -> None:
        self.forker, self._name, self._waiting_each = forker, name, waiting_each
        self._turn = asyncio.Lock()
        self._turns: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._process: ForkedWorker | None = None
        self._closed = False

    @property
    def started(self) -> bool:
        """True if there is a process."""
        return self._process is not None

    async def call(self, sender: str, seconds: float, function: Callable[..., T], *given: Any) -> T:
        """Return the result of a module-level function; raises the request errors that it raises.

        Raises TooCostly if it takes more than `seconds` of processor time, Overloaded if too
        many calls wait, and Unavailable when no process can be started.
        """
        frame = pickle.dumps(FunctionCall(function, given, seconds), pickle.HIGHEST_PROTOCOL)
        async with self._place(sender):
            await self._turn.acquire()
            work = asyncio.create_task(self._asked(frame))
            work.add_done_callback(self._end_turn)
            answered = await asyncio.shield(
                work
            )  # whose caller gives up goes on: a new process costs more than its end
        if answered.error is not None:
            raise answered.error(answered.detail, flaws=answered.flaws)
        value: T = answered.value
        return value

    @asynccontextmanager
    async def _place(self, sender: str) -> AsyncIterator[None]:
        """Wait in line, where each sender has one call at a time; raises Overloaded."""
        if self._waiting.total() >= MAX_WAITING or self._waiting[sender] >= self._waiting_each:
            raise Overloaded("too many long requests wait to be read: send again shortly")
        self._waiting[sender] += 1
        try:
            async with self._turns.setdefault(sender, asyncio.Lock()):
                yield
        finally:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender], self._turns[sender]

    def _end_turn(self, work: "asyncio.Task[CallResult]") -> None:
        self._turn.release()
        if not work.cancelled():
            work.exception()  # it was raised where somebody still waited

    async def _asked(self, frame: bytes) -> CallResult:
        """Call the process, and once more if it had ended without using up its time.

        Raises TooCostly if the second attempt fails the same way, and Unavailable if there is no
        response in time.
        """
        try:
            try:
                return await self._exchange(frame)
            except PROCESS_ENDED_ERRORS:
                return await self._exchange(frame)
        except PROCESS_ENDED_ERRORS as error:
            log.warning(
                "reader_ended", reader=self._name, error=type(error).__name__, bytes=len(frame)
            )
            await self.start()
            raise TooCostly(TOO_COSTLY) from error
        except TimeoutError as error:
            # It used up no time of the processor, or it would have been
            # killed: it, or what forks it, is stopped.
            log.warning("reader_silent", reader=self._name, bytes=len(frame))
            self.forker.close()
            raise Unavailable("it was not read in time: send again shortly") from error

    async def _exchange(self, frame: bytes) -> CallResult:
        process = await self._started()
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                said = await process.exchange(frame)
        except BaseException:
            self._end()
            raise
        return decode_result(said)

    async def start(self) -> None:
        """Start the process if there is none, so that it is ready for the first call."""
        await self._started()

    async def _started(self) -> ForkedWorker:
        if self._closed:
            raise Unavailable("the gateway ends: send again shortly")
        if self._process is not None and self._process.source.at_eof():
            self._end()
        if self._process is None:
            try:
                self._process = await self.forker.fork()
            except OSError as error:
                raise Unavailable(
                    "no process can be started to read it: send again shortly"
                ) from error
        return self._process

    async def close(self) -> None:
        """End the process for good; later calls raise Unavailable."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        """End the process; the next call starts another."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):  # it cannot be reached: what it forked ended with it
                self.forker.kill(process)


def decode_result(said: bytes) -> CallResult:
    """Return the response of the process; raises UnpicklingError if it contains foreign classes."""
    answered: CallResult = _Answers(io.BytesIO(said)).load()
    return answered


class _Answers(pickle.Unpickler):
    """An unpickler of responses that accepts only classes of the gateway and a few others."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of a trusted package; raises UnpicklingError for anything else."""
        if module.partition(".")[0] in TRUSTED and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        if (module, name) in TRUSTED_CONSTRUCTORS:
            return super().find_class(module, name)
        if (module, name) == ("builtins", "getattr"):
            return _enum_member
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that is answered")


def _enum_member(kind: object, name: str) -> Enum:
    """Return a member of an enumeration; raises UnpicklingError for anything else.

    Python 3.11.2, which is Debian 12's, pickles members by `getattr`; newer ones by their value.
    """
    if isinstance(kind, type) and issubclass(kind, Enum) and name in kind.__members__:
        return kind.__members__[name]
    raise pickle.UnpicklingError(f"{name} is no member of an enumeration")
