"""The queue of intake and its only writer, with many senders at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from gateway.dedup.commit import CommitResult
from gateway.dedup.intake import AlertWriter
from gateway.dedup.queue import FairQueue
from gateway.dedup.records import RecordChanged
from gateway.errors import Overloaded, Unavailable
from gateway.timing.clock import SystemClock
from gateway.vocabulary import Outcome
from tests.support.clock import FakeClock
from tests.support.intake import FIRING, RESOLVED, committer, make_alert, make_submission, settings


class Silent:
    def __init__(self) -> None:
        self.batches: list[int] = []

    def committed(self, committed: CommitResult, seconds: float) -> None:  # noqa: ARG002 - the protocol's shape
        self.batches.append(len(committed.receipts))

    def queued(self, items: int, size: int) -> None: ...


@asynccontextmanager
async def an_intake(
    database_url: str, clock: FakeClock, observer: Silent | None = None
) -> AsyncIterator[AlertWriter]:
    numbers = await asyncpg.connect(database_url)

    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(database_url)

    intake = AlertWriter(
        connect,
        committer(numbers, clock, settings()),
        SystemClock(),
        settings().server,
        observer or Silent(),
    )
    task = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        intake.close()
        await asyncio.wait({task}, timeout=5)
        await numbers.close()


async def test_concurrent_alerts_of_one_key_open_one_incident(
    database_url: str, clock: FakeClock
) -> None:
    async with an_intake(database_url, clock) as intake:
        receipts = await asyncio.gather(
            *(intake.submit(make_submission(make_alert())) for _ in range(200))
        )
    outcomes = [receipt.results[0].outcome for receipt in receipts]
    assert (outcomes.count(Outcome.OPENED), outcomes.count(Outcome.REPEATED)) == (1, 199)
    assert await _one(database_url, "SELECT count(*) FROM incident") == 1
    assert await _one(database_url, "SELECT occurrences FROM alert") == 200


async def test_batch_size_settles_with_many_waiting_senders(
    database_url: str, clock: FakeClock
) -> None:
    observer = Silent()

    async def sender() -> None:
        for _ in range(30):
            await intake.submit(make_submission(make_alert()))

    async with an_intake(database_url, clock, observer) as intake:
        await asyncio.gather(*(sender() for _ in range(32)))
    settled = observer.batches[10:-10]
    assert max(settled) < 32
    assert sum(size < 4 for size in settled) < len(settled) / 10


async def test_empty_request_is_answered(database_url: str, clock: FakeClock) -> None:
    async with an_intake(database_url, clock) as intake:
        assert (await intake.submit(make_submission())).results == ()


async def test_two_replicas_keep_one_live_incident_per_key(
    database_url: str, clock: FakeClock
) -> None:
    keys = [f"k{n}" for n in range(25)]
    async with an_intake(database_url, clock) as one, an_intake(database_url, clock) as other:
        work = [
            intake.submit(
                make_submission(
                    *(make_alert(key, status) for key in (keys if n % 2 else reversed(keys)))
                )
            )
            for n in range(12)
            for intake in (one, other)
            for status in (FIRING, RESOLVED if n % 3 == 0 else FIRING)
        ]
        await asyncio.gather(*work)
    assert (
        await _one(database_url, "SELECT count(*) FROM alert_event WHERE outcome = 'opened'") == 25
    )
    live = (
        "SELECT count(*) FROM (SELECT key_hash FROM incident WHERE state <> 'resolved' GROUP BY 1 "
        "HAVING count(*) > 1) AS two"
    )
    assert await _one(database_url, live) == 0
    counted = "SELECT count(*) FROM alert_event WHERE outcome IN ('opened', 'repeated', 'reopened')"
    assert await _one(database_url, "SELECT sum(occurrences)::int FROM alert") == await _one(
        database_url, counted
    )


async def test_poison_is_quarantined_and_unexpected_error_fails_alone(
    database_url: str, clock: FakeClock
) -> None:
    unforeseen = make_submission(make_alert("odd", labels=object()))
    async with an_intake(database_url, clock) as intake:
        work = [
            make_submission(make_alert("a")),
            unforeseen,
            make_submission(make_alert("b", title="nul \0")),
            make_submission(make_alert("c")),
        ]
        results = await asyncio.gather(
            *(intake.submit(submission) for submission in work), return_exceptions=True
        )
        told = [type(r) if isinstance(r, BaseException) else r.results[0].outcome for r in results]
        assert told == [Outcome.OPENED, Unavailable, Outcome.QUARANTINED, Outcome.OPENED]
        assert (await intake.submit(make_submission(make_alert("a")))).results[
            0
        ].outcome is Outcome.REPEATED


def test_full_queue_raises_overloaded() -> None:
    queue = FairQueue(max_bytes=10_000, max_items=3)
    queue.put(make_submission(make_alert("a"), make_alert("b")))
    with pytest.raises(Overloaded):
        queue.put(make_submission(make_alert("c"), make_alert("d")))


def test_integration_fills_at_most_half_of_queue() -> None:
    queue = FairQueue(max_bytes=2_000, max_items=100)
    for _ in range(3):
        queue.put(make_submission(make_alert()))
    with pytest.raises(Overloaded):
        queue.put(make_submission(make_alert()))
    queue.put(make_submission(make_alert(), integration=2))


def test_queue_alternates_integrations_and_splits_equal_deliveries() -> None:
    queue = FairQueue(max_bytes=100_000, max_items=100)
    for n in range(3):
        queue.put(make_submission(make_alert(f"a{n}"), delivery_id="same"))
    queue.put(make_submission(make_alert("b"), integration=2))
    first, second = queue.take(10), queue.take(10)
    assert [s.alerts[0][1].dedup_key for s in first] == ["a0", "b"]
    assert [s.alerts[0][1].dedup_key for s in second] == ["a1"]


async def _one(database_url: str, statement: str) -> Any:
    conn = await asyncpg.connect(database_url)
    try:
        return await conn.fetchval(statement)
    finally:
        await conn.close()


class Moving:
    """A committer whose records are always changed by others before they are locked."""

    def __init__(self) -> None:
        self.tries = 0

    async def commit(self, _conn: object, _batch: object) -> CommitResult:
        self.tries += 1
        raise RecordChanged


async def test_repeatedly_conflicting_batch_fails_and_is_logged(database_url: str) -> None:
    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(database_url)

    moving: Any = Moving()
    intake = AlertWriter(connect, moving, SystemClock(), settings().server, Silent())
    task = asyncio.create_task(intake.run())
    with capture_logs() as logs, pytest.raises(Unavailable):
        await intake.submit(make_submission(make_alert()))
    intake.close()
    await asyncio.wait({task}, timeout=5)
    said = [(one["event"], one["log_level"]) for one in logs]
    assert said == [("intake_decided_anew", "info")] * moving.tries + [
        ("intake_commit_failed", "warning")
    ]


async def test_cancelled_submission_does_not_affect_others_and_counts_once(
    database_url: str, clock: FakeClock
) -> None:
    async with an_intake(database_url, clock) as intake:
        neighbours = [
            asyncio.create_task(intake.submit(make_submission(make_alert()))) for _ in range(20)
        ]
        cut_short = asyncio.create_task(
            intake.submit(make_submission(make_alert(), delivery_id="one"))
        )
        await SystemClock().sleep(0)
        cut_short.cancel()
        receipts = await asyncio.gather(*neighbours)
        again = await intake.submit(make_submission(make_alert(), delivery_id="one"))
    assert len(receipts) == 20
    assert cut_short.cancelled()
    assert again.results[0].outcome is Outcome.DUPLICATE
    assert await _one(database_url, "SELECT occurrences FROM alert") == 21
