"""The pool refuses a database that could lose data, and limits every wait.

It retries transactions that PostgreSQL asks to be retried.
"""

import asyncio

import asyncpg
import pytest

from gateway.db.pool import (
    ATTEMPTS,
    Connection,
    Pool,
    acquire,
    in_transaction,
    open_pool,
    transaction,
    transaction_block,
)
from gateway.errors import Misconfigured, Unavailable
from gateway.settings import Database


async def test_pool_refuses_server_with_synchronous_commit_off(database_url: str) -> None:
    unsafe = f"{database_url}{'&' if '?' in database_url else '?'}synchronous_commit=off"
    with pytest.raises(Misconfigured, match="synchronous_commit is off"):
        await open_pool(Database(url=unsafe, pool_min=1, pool_max=2))


async def test_pool_without_url_names_missing_setting() -> None:
    with pytest.raises(Misconfigured, match="set DATABASE_URL"):
        await open_pool(Database(pool_min=1, pool_max=2))


async def test_missing_server_raises_unavailable() -> None:
    with pytest.raises(Unavailable, match="the database cannot serve now"):
        await open_pool(
            Database(url="postgresql://gateway@/postgres?host=/nonexistent", pool_min=1, pool_max=2)
        )


async def test_connection_has_server_side_timeouts(pool: Pool) -> None:
    async with acquire(pool) as connection:
        for name, value in (
            ("statement_timeout", "5s"),
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "3s"),
        ):
            assert await connection.fetchval("SELECT current_setting($1)", name) == value
        assert await connection.fetchval("SHOW application_name") == "gateway"


async def test_transaction_is_rolled_back_on_exception(pool: Pool) -> None:
    async def fail_halfway() -> None:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO incident_number VALUES ('2031-01-01', 1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    assert await pool.fetchval("SELECT count(*) FROM incident_number") == 0


async def test_deadlocked_transactions_are_retried_and_commit(pool: Pool) -> None:
    await pool.execute("INSERT INTO incident_number VALUES ('2031-01-01', 0), ('2031-01-02', 0)")
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    async def bump(connection: Connection, first: str, second: str) -> None:
        nonlocal runs
        runs += 1
        await connection.execute(
            "UPDATE incident_number SET last = last + 1 WHERE day = $1::text::date", first
        )
        if runs <= 2:
            await both_hold_one.wait()
        await connection.execute(
            "UPDATE incident_number SET last = last + 1 WHERE day = $1::text::date", second
        )

    await asyncio.gather(
        in_transaction(pool, lambda connection: bump(connection, "2031-01-01", "2031-01-02")),
        in_transaction(pool, lambda connection: bump(connection, "2031-01-02", "2031-01-01")),
    )
    assert runs >= 3, "nobody was in nobody's way"
    assert await pool.fetchval("SELECT sum(last) FROM incident_number") == 4


async def test_transaction_raises_unavailable_after_last_attempt(pool: Pool) -> None:
    runs = 0

    async def lose(_: Connection) -> None:
        nonlocal runs
        runs += 1
        raise asyncpg.SerializationError("lost")

    with pytest.raises(Unavailable, match="nothing was committed"):
        await in_transaction(pool, lose)
    assert runs == ATTEMPTS


async def test_held_connection_serves_transactions_in_turn_and_repeats_lost_ones(
    pool: Pool,
) -> None:
    backends: list[int] = []

    async def lose_once(connection: Connection) -> None:
        backends.append(await connection.fetchval("SELECT pg_backend_pid()"))
        await connection.execute("INSERT INTO incident_number VALUES ('2031-01-01', 1)")
        if len(backends) == 1:
            raise asyncpg.SerializationError("lost")

    async with acquire(pool) as held:
        await in_transaction(pool, lose_once, held)
        assert not held.is_in_transaction()
        assert set(backends) == {held.get_server_pid()}
    assert len(backends) == 2
    assert await pool.fetchval("SELECT count(*) FROM incident_number") == 1


async def test_permanent_error_is_not_retried(pool: Pool) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await in_transaction(
            pool, lambda one: one.execute("INSERT INTO shard_lease (shard) VALUES (0)")
        )


async def test_terminated_backend_raises_unavailable_and_next_call_works(pool: Pool) -> None:
    with pytest.raises(Unavailable):
        async with transaction(pool) as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    async with transaction(pool) as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_lock_timeout_raises_unavailable(pool: Pool) -> None:
    async def take() -> None:
        async with transaction(pool) as waiting:
            await waiting.execute("SET LOCAL lock_timeout = '10ms'")
            await waiting.execute("LOCK TABLE incident_number")

    async with transaction(pool) as holder:
        await holder.execute("LOCK TABLE incident_number")
        with pytest.raises(Unavailable, match="lock timeout"):
            await take()


BUSY = """
SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND query LIKE 'SELECT pg_sleep%'
  AND pid <> pg_backend_pid()
"""


async def test_cancelled_transaction_returns_at_once_and_is_rolled_back(
    pool: Pool, database_url: str
) -> None:
    began: asyncio.Event = asyncio.Event()

    async def slow() -> None:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO incident_number VALUES ('2031-01-01', 1)")
            async with transaction_block(connection):
                began.set()
                await connection.execute("SELECT pg_sleep(4)")

    watching, loop = await asyncpg.connect(database_url), asyncio.get_running_loop()
    task = asyncio.create_task(slow())
    await began.wait()
    while not await watching.fetchval(BUSY):
        pass
    cancelled = loop.time()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert loop.time() - cancelled < 0.1
    while await watching.fetchval(BUSY):
        assert loop.time() - cancelled < 2, "the server goes on with what nobody waits for"
    await watching.close()
    for _ in range(pool.get_max_size() + 1):
        async with transaction(pool) as connection:
            assert await connection.fetchval("SELECT count(*) FROM incident_number") == 0


async def test_block_is_savepoint_inside_transaction(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("INSERT INTO incident_number VALUES ('2031-01-01', 1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with transaction_block(connection):
                await connection.execute("INSERT INTO incident_number VALUES ('2031-01-01', 1)")
    assert await pool.fetchval("SELECT count(*) FROM incident_number") == 1
