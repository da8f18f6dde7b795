"""A notification is stored once, claimed by one sender and settled by its result."""

import asyncio
from datetime import timedelta
from uuid import UUID

from gateway.db.pool import Pool
from gateway.incidents.announcements.notices import queue_notices
from gateway.notify import outbox
from gateway.notify.retries import Settlement
from tests.support.clock import NOON
from tests.support.messages import FACTS, notice

MINUTE = timedelta(minutes=1)


async def test_notice_of_same_cause_and_target_is_stored_once(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice()), (1, notice()), (2, notice())], NOON)
        await queue_notices(conn, [(1, notice())], NOON + MINUTE)
        assert await conn.fetchval("SELECT count(*) FROM outbox") == 2


async def test_claim_returns_stored_notice_and_counts_attempt(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice(target="smtp:ops@example.com"))], NOON)
        (owed,) = await outbox.claim(conn, NOON, 10)
    assert (owed.channel, owed.recipient, owed.attempts, owed.created_at) == (
        "smtp",
        "ops@example.com",
        1,
        NOON,
    )
    assert owed.facts == FACTS
    assert owed.claimed_at == NOON
    assert owed.id == notice(target="smtp:ops@example.com").id(1)


async def test_claimed_row_reappears_after_one_minute_with_same_id(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice())], NOON)
        (first,) = await outbox.claim(conn, NOON, 10)
        assert await outbox.claim(conn, NOON + MINUTE - timedelta(seconds=1), 10) == []
        (second,) = await outbox.claim(conn, NOON + MINUTE, 10)
    assert (second.id, second.attempts) == (first.id, 2)


async def test_concurrent_claims_do_not_overlap(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(n, notice()) for n in range(200)], NOON)

    async def take() -> list[UUID]:
        async with pool.acquire() as conn:
            return [owed.id for _ in range(5) for owed in await outbox.claim(conn, NOON, 10)]

    taken = [
        identity for ids in await asyncio.gather(*(take() for _ in range(8))) for identity in ids
    ]
    assert len(taken) == len(set(taken)) == 200


async def test_database_clock_is_used_without_given_time(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice())], None)
        (owed,) = await outbox.claim(conn, None, 10)
        assert await outbox.settle(conn, None, [Settlement(owed.id, 1, "sent")]) == 1
        assert await conn.fetchval("SELECT settled_at >= created_at FROM outbox")


async def test_sent_row_is_never_claimed_again(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice())], NOON)
        (owed,) = await outbox.claim(conn, NOON, 10)
        await outbox.settle(conn, NOON, [Settlement(owed.id, 1, "sent")])
        assert await outbox.claim(conn, NOON + timedelta(days=9), 10) == []


async def test_retry_is_due_after_its_wait_and_keeps_reason(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice())], NOON)
        (owed,) = await outbox.claim(conn, NOON, 10)
        await outbox.settle(
            conn,
            NOON,
            [Settlement(owed.id, 1, "pending", timedelta(seconds=5), "answered 500\x00")],
        )
        assert await outbox.claim(conn, NOON + timedelta(seconds=4), 10) == []
        (again,) = await outbox.claim(conn, NOON + timedelta(seconds=5), 10)
        assert again.attempts == 2
        assert await conn.fetchval("SELECT last_error FROM outbox") == "answered 500"


async def test_outdated_settlement_is_ignored_unless_sent(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice())], NOON)
        (owed,) = await outbox.claim(conn, NOON, 10)
        await outbox.claim(conn, NOON + MINUTE, 10)
        assert await outbox.settle(conn, NOON, [Settlement(owed.id, 1, "dead", error="late")]) == 0
        assert await outbox.settle(conn, NOON, [Settlement(owed.id, 1, "sent")]) == 1


async def test_deferred_row_gets_attempt_refunded(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice())], NOON)
        (owed,) = await outbox.claim(conn, NOON, 10)
        await outbox.settle(
            conn, NOON, [Settlement(owed.id, 1, "pending", MINUTE, "left alone", refund=True)]
        )
        assert await conn.fetchval("SELECT attempts FROM outbox") == 0


async def test_depth_separates_waiting_from_retrying_and_gives_oldest_age(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, [(n, notice()) for n in range(3)], NOON)
        await queue_notices(conn, [(9, notice(target="smtp:a@example.com"))], NOON + MINUTE)
        await outbox.claim(conn, NOON, 1)
        depths = {
            (d.channel, d.retrying): (d.rows, d.oldest_s)
            for d in await outbox.depth(conn, NOON + MINUTE)
        }
    assert depths == {
        ("webhook", False): (2, 60.0),
        ("webhook", True): (1, 60.0),
        ("smtp", False): (1, 0.0),
    }


async def test_notice_to_any_recipient_text_is_stored(pool: Pool) -> None:
    targets = (
        "olga@example.com",
        "oncall",
        "",
        ":",
        "\x00",
        "person:\udcff",
        "webhook:" + "x" * 100_000,
    )
    async with pool.acquire() as conn:
        await queue_notices(conn, [(1, notice(target=target)) for target in targets], NOON)
        owed = {(one.channel, one.recipient[:20]) for one in await outbox.claim(conn, NOON, 10)}
    assert owed == {
        ("smtp", "olga@example.com"),
        ("", "oncall"),
        ("", ""),
        ("person", "?"),
        ("webhook", "x" * 20),
    }


WAITING = """
INSERT INTO outbox (id, channel, recipient, template, facts, cause, urgency, created_at,
    next_attempt_at)
SELECT gen_random_uuid(), 'smtp', 'ann@example.com', 'opened', '{}', n::text, n % 5 + 1,
  $1::timestamptz, $1::timestamptz - n * interval '10 ms'
FROM generate_series(1, 5000) AS n
"""


async def test_claim_of_long_queue_uses_index_without_sort(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(WAITING, NOON)
        await conn.execute("ANALYZE outbox")
        plan = await conn.fetch(
            "EXPLAIN (COSTS OFF) " + outbox.CLAIM, NOON, 100, timedelta(minutes=1)
        )
    steps = "\n".join(row[0] for row in plan)
    assert ("outbox_due" in steps, "Sort" in steps) == (True, False), steps
