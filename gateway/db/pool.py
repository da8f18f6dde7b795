"""Connections to PostgreSQL: bounded in number and in every wait, durable or refused, transactions retried by rule.

Whoever is on a connection may hold it for seconds at most: the server itself ends what takes longer. A caller that is
cancelled goes at once, however long the server says nothing: its connection is rolled back and given back behind it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
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
"""PostgreSQL 15, as server_version_num writes it."""

ACQUIRE_WITHIN = 1.0
"""Seconds to wait for a free connection before the caller is told to come back."""

ANSWER_WITHIN = 6.0
"""Seconds to wait for a server that says nothing, one more than it is given to end a statement itself."""

ATTEMPTS = 3
"""How often a transaction that lost against another one is run in all."""

SERVER_SETTINGS = {
    "application_name": "gateway",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "3s",
}

LOST_RACE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""40001 and 40P01: PostgreSQL rolled everything back, and asks for the transaction to be run again."""

DRIVER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything asyncpg raises about the server, the way to it or the use of it."""

SELECT_PROMISES = """
SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit
"""


async def open_pool(database: Database, *, allow_unsafe: bool = False, settings: Mapping[str, str] = SERVER_SETTINGS) -> Pool:
    """Connect and check the server's promises; `allow_unsafe` (tests) accepts one that may lose what it committed.

    Raises Misconfigured if the server may not be used and Unavailable if it does not answer.
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
            await check_promises(connection, allow_unsafe=allow_unsafe)
    except BaseException:
        pool.terminate()
        raise
    return pool


async def check_promises(connection: Connection, *, allow_unsafe: bool) -> None:
    """Raise Misconfigured if the server is too old, or if what it calls committed can still be lost."""
    row = await connection.fetchrow(SELECT_PROMISES)
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    flaws = []
    if row["version"] < OLDEST_SERVER:
        flaws.append(Flaw("/database/url", f"PostgreSQL 15 or newer is needed, this is {row['version'] // 10_000}"))
    unsafe = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if row[name] == "off"]
    if unsafe and not allow_unsafe:
        flaws += [Flaw("/database/url", f"{name} is off: what is acknowledged could be lost; switch it on") for name in unsafe]
    if flaws:
        raise Misconfigured("the database cannot be used: " + "; ".join(flaw.detail for flaw in flaws), flaws=tuple(flaws))


_returning: set["asyncio.Task[None]"] = set()
"""Connections on their way back to their pools; a task that nothing refers to may vanish."""


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncIterator[Connection]:
    """A connection outside of any transaction. Raises Unavailable when none is free or the server cannot serve."""
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
    """Give the connection back without waiting: asyncpg ends its statement and its transaction, or the connection."""
    task = asyncio.ensure_future(pool.release(connection))
    _returning.add(task)
    task.add_done_callback(_given_back)


def _given_back(task: "asyncio.Task[None]") -> None:
    _returning.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("connection_dropped", error=repr(error))


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end, rolled back on an exception.

    Raises Unavailable when the server cannot serve, and LOST_RACE as they are: see `in_transaction`.
    """
    async with acquire(pool) as connection, block(connection):
        yield connection


@asynccontextmanager
async def block(connection: Connection, *, readonly: bool = False) -> AsyncIterator[None]:
    """A transaction on a connection of `acquire`, inside another one a savepoint.

    It is left as it is by a caller that is cancelled: `acquire` then ends all of it.
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


async def in_transaction(pool: Pool, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """Run `work` in a transaction, again if it lost against another one, up to ATTEMPTS times in all.

    `work` must have no effect but through its connection. Raises Unavailable when every attempt lost.
    """
    for _ in range(ATTEMPTS):
        try:
            async with transaction(pool) as connection:
                return await work(connection)
        except LOST_RACE as error:
            lost = error
    raise Unavailable("other transactions kept getting in the way: nothing was committed") from lost


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Turn what says that the database cannot serve now, a lock waited for in vain included, into Unavailable."""
    try:
        yield
    except DRIVER as error:
        down = classify(error) in (Fault.CONNECTION, Fault.UNAVAILABLE) or isinstance(error, asyncpg.LockNotAvailableError)
        if not down:
            raise
        raise Unavailable(f"the database cannot serve now: {str(error) or type(error).__name__}") from error
