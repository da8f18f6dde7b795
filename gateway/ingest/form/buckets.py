"""How fast reports may come: token buckets in PostgreSQL, so that replicas count together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from gateway.db.pool import Connection, Pool, transaction
from gateway.errors import TooManyAttempts
from gateway.operations.attempts import network
from gateway.settings import Form

TRIES = 10
"""Forms that an address may send for each report that is taken: most people need two."""

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


@dataclass(frozen=True, slots=True)
class Buckets:
    """Those of the form."""

    pool: Pool
    form: Form

    async def tried(self, address: str, stamp: datetime | None) -> None:
        """Count a form that comes in from there, whatever is in it; raises TooManyAttempts."""
        form = self.form
        await self._take(stamp, Bucket(f"tries\0{network(address)}", form.per_address * TRIES, form.address_every / TRIES))

    async def reported(self, address: str, service: str, stamp: datetime | None) -> None:
        """Count a report from there about the service, or neither; raises TooManyAttempts."""
        form = self.form
        first = Bucket(f"address\0{network(address)}", form.per_address, form.address_every)
        await self._take(stamp, first, Bucket(f"service\0{service}", form.per_service, form.service_every))

    async def _take(self, stamp: datetime | None, *buckets: Bucket) -> None:
        async with transaction(self.pool) as conn:
            for bucket in buckets:
                await take(conn, bucket, stamp)


async def take(conn: Connection, bucket: Bucket, stamp: datetime | None) -> None:
    """One token; raises TooManyAttempts where there is none."""
    if not await taken(conn, bucket, stamp):
        wait = max(1, ceil(bucket.every.total_seconds()))
        raise TooManyAttempts("more reports than are taken at once: wait, then try again", retry_after=wait)


async def taken(conn: Connection, bucket: Bucket, stamp: datetime | None) -> bool:
    """Whether there was a token; then it is gone."""
    subject, every = sha256(bucket.subject.encode("utf-8", "surrogatepass")).digest(), bucket.every.total_seconds()
    done = await conn.execute(TAKE, subject, float(bucket.most), every, stamp)
    return done.endswith(" 1")
