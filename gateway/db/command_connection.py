"""The database connection of a command, with errors that name the server."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from gateway.errors import Misconfigured, Unavailable
from gateway.settings import Settings

CONNECT_WITHIN = 10.0
"""Seconds a command waits for the database."""


def require_database_url(settings: Settings) -> str:
    """Return the URL of the configured database; raises Misconfigured when none is set."""
    if not settings.database.url:
        raise Misconfigured(
            "DATABASE_URL is not set: set it to postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        )
    return settings.database.url


@asynccontextmanager
async def database_connection(settings: Settings) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Connect to the database for one command; raises Misconfigured when it does not answer."""
    url = require_database_url(settings)
    with translate_connection_errors(url):
        conn = await asyncpg.connect(url, timeout=CONNECT_WITHIN)
    try:
        yield conn
    finally:
        await conn.close()


@contextmanager
def translate_connection_errors(url: str) -> Iterator[None]:
    """Turn a failed connection into Misconfigured that names host and port, never the password."""
    try:
        yield
    except (OSError, TimeoutError, Unavailable) as error:
        if isinstance(error, asyncpg.PostgresError):
            raise
        named = urlsplit(url)
        where = f"{named.hostname or 'the local socket'}:{named.port or 5432}"
        said = str(error) or "no answer in time"
        raise Misconfigured(
            f"PostgreSQL at {where} does not answer ({said}): "
            "is it running, and is DATABASE_URL right?"
        ) from error
