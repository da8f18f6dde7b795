"""Token buckets in PostgreSQL for rare operations; all replicas draw from the same ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from gateway.db.pool import Connection
from gateway.errors import TooManyAttempts

TAKE = """
INSERT INTO form_bucket AS b (subject, tokens, filled_at)
VALUES ($1::bytea, $2::float8 - 1, moment($4))
ON CONFLICT (subject) DO UPDATE SET filled_at = greatest(b.filled_at, excluded.filled_at),
  tokens = least($2, b.tokens
    + greatest(extract(epoch FROM excluded.filled_at - b.filled_at)::float8, 0) / $3::float8) - 1
WHERE least($2, b.tokens
  + greatest(extract(epoch FROM excluded.filled_at - b.filled_at)::float8, 0) / $3::float8) >= 1
"""


@dataclass(frozen=True, slots=True)
class SharedBucket:
    """A token bucket: its key, its capacity, and the time in which it gains one token.

    `told` is the beginning of the error message of an empty bucket.
    """

    subject: str
    most: int
    every: timedelta
    told: str = "more reports than are taken at once"


async def take_token(conn: Connection, bucket: SharedBucket, stamp: datetime | None) -> None:
    """Take one token; raise TooManyAttempts if there is none."""
    if not await try_take_token(conn, bucket, stamp):
        wait = max(1, ceil(bucket.every.total_seconds()))
        raise TooManyAttempts(f"{bucket.told}: wait, then try again", retry_after=wait)


async def try_take_token(conn: Connection, bucket: SharedBucket, stamp: datetime | None) -> bool:
    """Take one token if there is one; return whether there was."""
    subject, every = (
        sha256(bucket.subject.encode("utf-8", "surrogatepass")).digest(),
        bucket.every.total_seconds(),
    )
    done = await conn.execute(TAKE, subject, float(bucket.most), every, stamp)
    return done.endswith(" 1")
