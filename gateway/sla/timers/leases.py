"""Leases of shards in PostgreSQL, which divide the timers between replicas.

They save double work; that nothing fires twice is ensured by the rows themselves. A lease lasts
6 s, is renewed far sooner, and is trusted by its holder until 5 s after the attempt that got it
began, by the monotonic clock, so a frozen process distrusts itself when it thaws. Each takeover
raises the epoch. Rendezvous hashing over the replicas seen in the last 6 s decides who should
have which shard; when the set of replicas changes only the shards of the one that came or went
move.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from gateway.db.pool import Connection, Pool, transaction
from gateway.incidents.arming import SHARDS
from gateway.timing.clock import Clock

TTL = timedelta(seconds=6)
TRUST = 5.0
"""Seconds of monotonic time for which a lease is trusted, counted from before it was requested."""

SEEN = """
INSERT INTO replica (id, started_at, seen_at)
VALUES ($1, moment($2), moment($2))
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
"""

LIVE = """
SELECT id FROM replica WHERE seen_at > moment($1) - $2::interval
"""

FORGET = """
DELETE FROM replica WHERE id IN (
  SELECT id FROM replica WHERE seen_at < moment($1) - interval '1 hour'
  FOR UPDATE SKIP LOCKED)
"""

YIELD = """
UPDATE shard_lease SET owner = NULL, expires_at = NULL WHERE shard IN (
  SELECT shard FROM shard_lease WHERE owner = $1 AND shard <> ALL($2::smallint[]) ORDER BY shard
  FOR UPDATE)
"""

HOLD = """
UPDATE shard_lease l
SET owner = $1, expires_at = moment($3) + $4::interval,
    epoch = l.epoch + CASE WHEN l.owner = $1 THEN 0 ELSE 1 END
FROM (
  SELECT shard FROM shard_lease
  WHERE shard = ANY($2::smallint[])
    AND (owner = $1 OR owner IS NULL OR expires_at <= moment($3))
  ORDER BY shard FOR UPDATE SKIP LOCKED
) AS free
WHERE l.shard = free.shard
RETURNING l.shard, l.epoch
"""

LEAVE = "DELETE FROM replica WHERE id = $1"


def shards_of(me: UUID, live: Iterable[UUID]) -> list[int]:
    """Return the shards of `me` among `live` replicas by highest random weight.

    `me` always counts as live.
    """
    replicas = {me, *live}
    return [
        shard for shard in range(SHARDS) if max(replicas, key=lambda r: _weight(shard, r)) == me
    ]


def _weight(shard: int, replica: UUID) -> bytes:
    return hashlib.blake2b(replica.bytes + shard.to_bytes(2), digest_size=8).digest()


class Leases:
    """The leases of one replica."""

    def __init__(self, pool: Pool, clock: Clock, replica: UUID) -> None:
        self._pool = pool
        self._clock = clock
        self._replica = replica
        self._held: dict[int, int] = {}
        self._trusted_until = 0.0

    def owned(self) -> dict[int, int]:
        """Return the epochs, by shard, of the leases that can be trusted right now."""
        return dict(self._held) if self._clock.monotonic() < self._trusted_until else {}

    async def renew(self) -> None:
        """Report this replica as live, give up shards of others, keep and take its own free ones.

        To be called every second. Raises Unavailable; the leases held are then trusted only as
        long as before.
        """
        started, now = self._clock.monotonic(), self._clock.stamp()
        async with transaction(self._pool) as conn:
            await conn.execute(SEEN, self._replica, now)
            live = [row["id"] for row in await conn.fetch(LIVE, now, TTL)]
            await conn.execute(FORGET, now)
            held = await self._exchange(conn, shards_of(self._replica, live))
        self._held, self._trusted_until = held, started + TRUST

    async def _exchange(self, conn: Connection, wanted: Sequence[int]) -> dict[int, int]:
        await conn.execute(YIELD, self._replica, wanted)
        rows = await conn.fetch(HOLD, self._replica, wanted, self._clock.stamp(), TTL)
        return {row["shard"]: row["epoch"] for row in rows}

    async def release(self) -> None:
        """Give up all leases at once, so that others take over at their next renewal."""
        self._held, self._trusted_until = {}, 0.0
        async with transaction(self._pool) as conn:
            await conn.execute(YIELD, self._replica, [])
            await conn.execute(LEAVE, self._replica)
