"""Connections to PostgreSQL, bounded in number and waiting time, and transactions with retries.

A server that may lose committed data is refused. The server ends statements that take longer
than seconds. A cancelled caller returns at once, however long the server is silent: its
connection is rolled back and released in the background.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import asyncpg
import structlog

from gateway.db.faults import Fault, classify
from gateway.errors import Flaw, Misconfigured, Unavailable
from gateway.settings import Database

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Result = TypeVar("Result")

log = structlog.get_logger()

OLDEST_SERVER = 150_000
"""PostgreSQL 15, in the notation of server_version_num."""

ACQUIRE_WITHIN = 1.0
"""Seconds to wait for a free connection before Unavailable is raised."""

ANSWER_WITHIN = 6.0
"""Seconds to wait for a silent server: one more than the server's own statement timeout."""

ATTEMPTS = 3
"""The most runs of a transaction that lost a race."""

SERVER_SETTINGS = {
    "application_name": "gateway",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "3s",
}

LOST_RACE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""SQLSTATE 40001 and 40P01: PostgreSQL rolled back, and the transaction is to be run again."""

DRIVER = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""Errors that asyncpg raises about the server, the connection or its use."""

SELECT_DURABILITY = """
SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit
"""


async def open_pool(
    database: Database, *, allow_unsafe: bool = False, settings: Mapping[str, str] = SERVER_SETTINGS
) -> Pool:
    """Open a pool and check the durability and version of the server.

    `allow_unsafe` (tests) accepts a server that may lose committed data. Raises Misconfigured if
    the server may not be used and Unavailable if it does not answer.
    """
    if not database.url:
        raise Misconfigured("no database is configured: set DATABASE_URL")
    with unavailable_when_down():
        pool = await asyncpg.create_pool(
            database.url,
            min_size=database.pool_min,
            max_size=database.pool_max,
            command_timeout=ANSWER_WITHIN,
            timeout=ANSWER_WITHIN,
            server_settings=dict(settings),
        )
    try:
        async with acquire(pool) as connection:
            await check_durability(connection, allow_unsafe=allow_unsafe)
    except BaseException:
        pool.terminate()
        raise
    return pool


async def check_durability(connection: Connection, *, allow_unsafe: bool) -> None:
    """Raise Misconfigured if the server is too old, or may lose committed data."""
    row = await connection.fetchrow(SELECT_DURABILITY)
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    flaws = []
    if row["version"] < OLDEST_SERVER:
        flaws.append(
            Flaw(
                "/database/url",
                f"PostgreSQL 15 or newer is needed, this is {row['version'] // 10_000}",
            )
        )
    unsafe = [
        name for name in ("fsync", "full_page_writes", "synchronous_commit") if row[name] == "off"
    ]
    if unsafe and not allow_unsafe:
        flaws += [
            Flaw(
                "/database/url", f"{name} is off: what is acknowledged could be lost; switch it on"
            )
            for name in unsafe
        ]
    if flaws:
        raise Misconfigured(
            "the database cannot be used: " + "; ".join(flaw.detail for flaw in flaws),
            flaws=tuple(flaws),
        )


_returning: set["asyncio.Task[None]"] = set()
"""Connections being released; a task without a reference may be garbage-collected."""


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncIterator[Connection]:
    """Provide a connection outside of any transaction.

    Raises Unavailable when none is free or the server cannot serve.
    """
    with unavailable_when_down():
        connection = await pool.acquire(timeout=ACQUIRE_WITHIN)
        try:
            yield connection
        except asyncio.CancelledError:
            _give_back_later(pool, connection)
            raise
        except BaseException:
            await pool.release(connection)
            raise
        await pool.release(connection)


def _give_back_later(pool: Pool, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
    """Release the connection in the background.

    asyncpg ends its statement and its transaction, or the connection.
    """
    task = asyncio.ensure_future(pool.release(connection))
    _returning.add(task)
    task.add_done_callback(_given_back)


def _given_back(task: "asyncio.Task[None]") -> None:
    _returning.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("connection_dropped", error=repr(error))


@asynccontextmanager
async def transaction(pool: Pool, held: "Connection | None" = None) -> AsyncIterator[Connection]:
    """Provide a connection in a transaction: commit at the end, roll back on an exception.

    It is the connection that the caller holds, or else one of the pool.
    Raises Unavailable when the server cannot serve, and the errors of LOST_RACE unchanged: see
    `in_transaction`.
    """
    ours = acquire(pool) if held is None else nullcontext(held)
    async with ours as connection, transaction_block(connection):
        yield connection


@asynccontextmanager
async def transaction_block(
    connection: Connection, *, readonly: bool = False
) -> AsyncIterator[None]:
    """Run a block as a transaction on this connection, or as a savepoint inside another one.

    A cancelled caller leaves it open: `acquire` then rolls back the whole connection.
    """
    turn = connection.transaction(readonly=readonly)
    await turn.__aenter__()
    try:
        yield
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        await turn.__aexit__(type(error), error, error.__traceback__)
        raise
    await turn.__aexit__(None, None, None)


async def in_transaction(
    pool: Pool,
    work: Callable[[Connection], Awaitable[Result]],
    held: "Connection | None" = None,
) -> Result:
    """Run `work` in a transaction; repeat it if it lost a race, up to ATTEMPTS times in all.

    `work` must have no effect but through its connection. Raises Unavailable when every attempt
    lost.
    """
    for _ in range(ATTEMPTS):
        try:
            async with transaction(pool, held) as connection:
                return await work(connection)
        except LOST_RACE as error:
            lost = error
    raise Unavailable("other transactions kept getting in the way: nothing was committed") from lost


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Turn errors of a database that cannot serve, lock timeouts included, into Unavailable."""
    try:
        yield
    except DRIVER as error:
        down = classify(error) in (Fault.CONNECTION, Fault.UNAVAILABLE) or isinstance(
            error, asyncpg.LockNotAvailableError
        )
        if not down:
            raise
        raise Unavailable(
            f"the database cannot serve now: {str(error) or type(error).__name__}"
        ) from error
