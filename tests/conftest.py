"""Fixtures with real servers for every test.

They are the bundled ones, or those of TEST_DATABASE_URL and TEST_REDIS_URL, whose content is lost.
"""

import gc
import logging
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import hypothesis
import pytest
import redis.asyncio
import structlog

from gateway.db.migrate import migrate
from gateway.db.pool import Pool, open_pool
from gateway.embedded.launcher import EmbeddedServers
from gateway.settings import Database
from tests.support.clock import NOON, FakeClock
from tests.support.database import empty_tables_statement
from tests.support.environment import remove_gateway_variables
from tests.support.pools import SharedPools

pytest_plugins = ["tests.support.api"]

remove_gateway_variables(os.environ)
structlog.configure(
    processors=[
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(default=str),
    ],
    logger_factory=structlog.ReturnLoggerFactory(),
)

BUSY = {"test_openapi.py"}
"""Tests of programs that use the processor all the time, and judge no time."""

hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "brief", hypothesis.settings.get_profile("house"), max_examples=20
)
hypothesis.settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests that start programs and wait, so that one of two processes runs them.

    The other process runs the rest (`gw test`).
    """
    for item in items:
        starts_programs = {"development", "devtools", "e2e", "faults"} & set(item.path.parts)
        if starts_programs and item.path.name not in BUSY:
            item.add_marker(pytest.mark.xdist_group("programs"))


def pytest_collection_finish() -> None:
    """Exclude the collected tests and their modules from garbage collection, as they stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@dataclass(frozen=True, slots=True)
class Servers:
    """The URLs of the session's servers; `empty` is the statement that empties every table."""

    database_url: str
    redis_url: str
    empty: str


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Servers]:
    given = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    if given[0] and given[1]:
        yield await _prepared(given[0], given[1])
        return
    async with EmbeddedServers(fast=True) as embedded:
        yield await _prepared(given[0] or embedded.database_url, given[1] or embedded.redis_url)


async def _prepared(database_url: str, redis_url: str) -> Servers:
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        return Servers(database_url, redis_url, await empty_tables_statement(connection))
    finally:
        await connection.close()


@dataclass(slots=True)
class Kept:
    """Connections that the tests of a session use one after another.

    Connections that know the schema already answer ten times as soon.
    """

    sweeper: "asyncpg.Connection[Any] | None" = None
    pool: "Pool | None" = None


@pytest.fixture(scope="session")
async def kept(servers: Servers) -> AsyncIterator[Kept]:
    kept, lent = Kept(), SharedPools(servers.database_url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.app.replica.open_pool", lent.open)
        yield kept
    lent.end()
    for one in (kept.sweeper, kept.pool):
        if one is not None:
            one.terminate()


@pytest.fixture
async def database_url(servers: Servers, kept: Kept) -> str:
    """Return the URL of a migrated database with every table empty."""
    if kept.sweeper is None or kept.sweeper.is_closed():
        kept.sweeper = await asyncpg.connect(
            servers.database_url, server_settings={"lock_timeout": "5s"}
        )
    await kept.sweeper.fetch(servers.empty)
    return servers.database_url


@pytest.fixture
async def pool(database_url: str, kept: Kept) -> AsyncIterator[Pool]:
    """Provide the product's own pool on that database.

    A pool that a test closes, or leaves in use, is not used again.
    """
    if kept.pool is None:
        kept.pool = await open_pool(
            Database(url=database_url, pool_min=1, pool_max=16), allow_unsafe=True
        )
    yield kept.pool
    if kept.pool.is_closing() or kept.pool.get_idle_size() < kept.pool.get_size():
        kept.pool.terminate()
        kept.pool = None


@pytest.fixture
async def blank_database(servers: Servers) -> AsyncIterator[str]:
    """Provide the URL of a new, empty database."""
    name = f"blank_{uuid4().hex}"
    connection = await asyncpg.connect(servers.database_url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield urlsplit(servers.database_url)._replace(path=f"/{name}").geturl()
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture
async def redis_url(servers: Servers) -> str:
    """Return the URL of an empty Valkey."""
    client = redis.asyncio.from_url(servers.redis_url)
    await client.flushall()
    await client.aclose()
    return servers.redis_url


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock at a Monday noon that moves only when a test moves it."""
    return FakeClock()


@pytest.fixture
def now() -> datetime:
    """Return the moment at which `clock` begins."""
    return NOON


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Restore the logging setup, which a command changes for the whole process."""
    before, handlers = structlog.get_config(), logging.root.handlers[:]
    yield
    structlog.configure(**before)
    logging.root.handlers[:] = handlers
    logging.captureWarnings(capture=False)
