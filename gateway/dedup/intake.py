"""The only writer of alerts in a replica, with the queue in front of it.

There is one writer per replica, so that no dedup key has two. When a commit returns, everything
that is queued becomes the next batch: a single request never waits for others, and many share
one commit. 2xx means committed: `submit` returns only after COMMIT.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import asyncpg
import structlog

from gateway.db.faults import Fault, classify
from gateway.db.pool import DRIVER
from gateway.dedup.commit import CommitResult, Committer
from gateway.dedup.queue import FairQueue
from gateway.dedup.records import RecordChanged
from gateway.errors import GatewayError, Unavailable
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import ServerSettings
from gateway.timing.clock import Clock

BATCH_ITEMS = 500
"""The number of items per commit: a batch's decisions take under 50 ms of the event loop."""

ATTEMPTS = 6

log = structlog.get_logger()

Connect = Callable[[], Awaitable["asyncpg.Connection[Any]"]]


class CommitObserver(Protocol):
    """An observer of intake, called after each commit; it never raises."""

    def committed(self, committed: CommitResult, seconds: float) -> None:
        """Observe a batch that was committed `seconds` after it was taken."""
        ...

    def queued(self, items: int, size: int) -> None:
        """Observe how many items and bytes are queued."""
        ...


class BatchPoisoned(Exception):
    """An error: no attempt to commit a batch can succeed because of its data; see `cause`."""

    def __init__(self, cause: BaseException, *, refused_by_database: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.refused_by_database = refused_by_database


class AlertWriter:
    """The writer of alerts and the queue in front of it."""

    def __init__(
        self,
        connect: Connect,
        committer: Committer,
        clock: Clock,
        server: ServerSettings,
        observer: CommitObserver,
    ) -> None:
        self._connect, self._committer, self._clock, self._observer = (
            connect,
            committer,
            clock,
            observer,
        )
        self._queue = FairQueue(server.queue_bytes, server.queue_items)
        self._deadline = server.deadline.total_seconds()
        self._wake = asyncio.Event()
        self._conn: asyncpg.Connection[Any] | None = None
        self._last_items = 0
        self._closing = False
        self.alive = False

    async def submit(self, submission: Submission) -> Receipt:
        """Commit one request's items and return its receipt.

        Raises Overloaded if the queue is full, and Unavailable if nothing was, or may not have
        been, committed. Cancelling a call does no harm to others, and its items may still be
        committed; a sender that tries again with the same delivery id is counted once.
        """
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        submission.answer = answer
        self._queue.put(submission)
        self._wake.set()
        return await answer

    async def run(self) -> None:
        """Write until `close` is called, then write the rest of the queue.

        May be run again after a failure.
        """
        self.alive = True
        self._wake.set()
        try:
            while not (self._closing and self._queue.empty):
                await self._wake.wait()
                self._wake.clear()
                await self.drain()
        finally:
            self.alive = False
            if self._conn is not None:
                self._conn.terminate()

    def close(self) -> None:
        """Let `run` end once the queue is empty."""
        self._closing = True
        self._wake.set()

    async def drain(self) -> None:
        """Commit batch after batch until nothing is queued.

        A batch is no larger than the mean of the queue and of the batch before it: senders that
        each wait for their reply then fall into equal groups, one being written while the
        replies of the other go out. Otherwise batches would alternate between one request and
        all.
        """
        while batch := self._queue.take(
            min(BATCH_ITEMS, (self._queue.items + self._last_items) // 2 + 1)
        ):
            self._last_items = sum(submission.items for submission in batch)
            await self._settle(batch)

    async def _settle(self, batch: Sequence[Submission]) -> None:
        """Commit and answer a batch; halve one that fails by its data, and retry the halves."""
        began = self._clock.monotonic()
        try:
            committed = await self._commit(batch)
        except BatchPoisoned as poisoned:
            if len(batch) == 1:
                await self._settle_alone(batch[0], poisoned)
                return
            middle = len(batch) // 2
            await self._settle(batch[:middle])
            await self._settle(batch[middle:])
        except GatewayError as error:
            _fail(batch, error)
        else:
            self._answer(batch, committed, self._clock.monotonic() - began)

    async def _settle_alone(self, submission: Submission, poisoned: BatchPoisoned) -> None:
        """Quarantine the items that the database refuses and commit the rest.

        Any other failure is logged, and the request is refused.
        """
        began = self._clock.monotonic()
        if not poisoned.refused_by_database:
            self._refuse(submission, poisoned.cause)
            return
        try:
            committed = await self._committer.commit_without_refused_items(
                await self._connection(), submission
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the writer goes on with the next one
            self._refuse(submission, error)
        else:
            self._answer([submission], committed, self._clock.monotonic() - began)

    def _refuse(self, submission: Submission, error: BaseException) -> None:
        log.error(
            "intake_submission_failed",
            source=submission.source,
            items=submission.items,
            exc_info=error,
        )
        self._drop()
        _fail([submission], Unavailable("this request could not be committed: the log says why"))

    def _answer(self, batch: Sequence[Submission], committed: CommitResult, seconds: float) -> None:
        for submission, receipt in zip(batch, committed.receipts, strict=True):
            if submission.answer is not None and not submission.answer.done():
                submission.answer.set_result(receipt)
        self._observer.committed(committed, seconds)
        self._observer.queued(self._queue.items, self._queue.bytes)

    async def _commit(self, batch: Sequence[Submission]) -> CommitResult:
        """Commit a batch, with retries where another attempt may succeed.

        Raises Poisoned if no attempt can succeed because of the data, and Unavailable otherwise.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with asyncio.timeout(self._deadline):
                    return await self._committer.commit(await self._connection(), batch)
            except RecordChanged:
                log.info("intake_decided_anew", attempt=attempt, submissions=len(batch))
            except DRIVER as error:
                self._judge(error, attempt, len(batch))
            except Exception as error:
                raise BatchPoisoned(error, refused_by_database=False) from error
        log.warning("intake_commit_failed", error=RecordChanged.__name__, submissions=len(batch))
        raise Unavailable("other replicas kept changing the same records: send again shortly")

    def _judge(self, error: BaseException, attempt: int, submissions: int) -> None:
        """Return if another attempt is worthwhile, else raise the error for the batch."""
        fault = classify(error)
        if fault is Fault.CONNECTION:
            self._drop()
        if fault is Fault.DATA:
            raise BatchPoisoned(error, refused_by_database=True) from error
        if (
            fault in (Fault.UNAVAILABLE, Fault.BUG)
            or attempt == ATTEMPTS
            or (fault is Fault.CONNECTION and attempt > 1)
        ):
            log.warning("intake_commit_failed", error=type(error).__name__, submissions=submissions)
            raise Unavailable("the database did not take it: send again shortly") from error

    async def _connection(self) -> "asyncpg.Connection[Any]":
        if self._conn is None or self._conn.is_closed():
            self._conn = await self._connect()
        return self._conn

    def _drop(self) -> None:
        if self._conn is not None:
            self._conn.terminate()
            self._conn = None


def _fail(batch: Sequence[Submission], error: GatewayError) -> None:
    for submission in batch:
        if submission.answer is not None and not submission.answer.done():
            submission.answer.set_exception(error)
            submission.answer.exception()
