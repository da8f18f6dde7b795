"""The database of a command: it must be named, is reached in time, and is told by its address when it does not answer."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from gateway.errors import Misconfigured, Unavailable
from gateway.settings import Settings

CONNECT_WITHIN = 10.0
"""Seconds a command waits for the database."""


def named_database(settings: Settings) -> str:
    """Return the database that the settings name; raises Misconfigured, so that none is taken that nobody named."""
    if not settings.database.url:
        raise Misconfigured("DATABASE_URL is not set: set it to postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    return settings.database.url


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Give a connection to the database for one command."""
    url = named_database(settings)
    with named_failures(url):
        conn = await asyncpg.connect(url, timeout=CONNECT_WITHIN)
    try:
        yield conn
    finally:
        await conn.close()


@contextmanager
def named_failures(url: str) -> Iterator[None]:
    """Say which server does not answer, without the password of its address."""
    try:
        yield
    except (OSError, TimeoutError, Unavailable) as error:
        if isinstance(error, asyncpg.PostgresError):
            raise
        named = urlsplit(url)
        where = f"{named.hostname or 'the local socket'}:{named.port or 5432}"
        said = str(error) or "no answer in time"
        raise Misconfigured(
            f"PostgreSQL at {where} does not answer ({said}): is it running, and is DATABASE_URL right?"
        ) from error
