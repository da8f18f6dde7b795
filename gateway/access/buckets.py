"""Token buckets in PostgreSQL, so that replicas count together: how often somebody may do what is seldom done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from gateway.db.pool import Connection
from gateway.errors import TooManyAttempts

TAKE = """
INSERT INTO form_bucket AS b (subject, tokens, filled_at)
VALUES ($1::bytea, $2::float8 - 1, coalesce($4::timestamptz, statement_timestamp()))
ON CONFLICT (subject) DO UPDATE SET filled_at = greatest(b.filled_at, excluded.filled_at),
  tokens = least($2, b.tokens + greatest(extract(epoch FROM excluded.filled_at - b.filled_at)::float8, 0) / $3::float8) - 1
WHERE least($2, b.tokens + greatest(extract(epoch FROM excluded.filled_at - b.filled_at)::float8, 0) / $3::float8) >= 1
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Whose it is, what it holds when full, and how long it takes to be filled by one."""

    subject: str
    most: int
    every: timedelta
    told: str = "more reports than are taken at once"


async def take(conn: Connection, bucket: Bucket, stamp: datetime | None) -> None:
    """One token; raises TooManyAttempts where there is none."""
    if not await taken(conn, bucket, stamp):
        wait = max(1, ceil(bucket.every.total_seconds()))
        raise TooManyAttempts(f"{bucket.told}: wait, then try again", retry_after=wait)


async def taken(conn: Connection, bucket: Bucket, stamp: datetime | None) -> bool:
    """Whether there was a token; then it is gone."""
    subject, every = sha256(bucket.subject.encode("utf-8", "surrogatepass")).digest(), bucket.every.total_seconds()
    done = await conn.execute(TAKE, subject, float(bucket.most), every, stamp)
    return done.endswith(" 1")
