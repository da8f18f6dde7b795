"""The moment that operations go by, from PostgreSQL's clock."""

from datetime import datetime

from gateway.db.pool import Connection

NOW = "SELECT moment($1)"


async def fetch_now(conn: Connection, stamp: datetime | None) -> datetime:
    """Return the moment of PostgreSQL's clock, or `stamp` where a test gives one."""
    now: datetime = await conn.fetchval(NOW, stamp)
    return now
