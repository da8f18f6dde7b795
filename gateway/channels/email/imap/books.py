"""The stored state of mailboxes.

It holds the replica that reads each, the time it was last read completely, and the mails that
are committed and not yet marked as read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.channels.integration import find_integration
from gateway.db.pool import Pool, acquire
from gateway.timing.clock import Clock

LEASE = """
INSERT INTO mailbox (name, leased_by, leased_until, read_at)
VALUES ($1, $3, moment($2) + $4::interval,
  moment($2))
ON CONFLICT (name) DO UPDATE
SET leased_by = excluded.leased_by, leased_until = excluded.leased_until
WHERE mailbox.leased_by = excluded.leased_by
  OR mailbox.leased_until <= moment($2)
RETURNING read_at
"""
LAST_READ = "SELECT read_at FROM mailbox WHERE name = $1"
RELEASE = "UPDATE mailbox SET leased_until = '-infinity' WHERE name = $1 AND leased_by = $2"
READ = """
UPDATE mailbox SET read_at = moment($2)
WHERE name = $1 AND leased_by = $3 RETURNING read_at
"""

KNOWN = """
WITH gone AS (
  DELETE FROM mailbox_mail WHERE mailbox = $1 AND (uidvalidity <> $2 OR NOT uid = ANY($3::bigint[]))
)
SELECT uid FROM mailbox_mail WHERE mailbox = $1 AND uidvalidity = $2 AND uid = ANY($3::bigint[])
"""
TAKEN = """
WITH kept AS (
  UPDATE mailbox SET leased_until = moment($4) + $5::interval
  WHERE name = $1 AND leased_by = $6
)
INSERT INTO mailbox_mail (mailbox, uidvalidity, uid) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class MailboxState:
    """The stored state of one mailbox, written by one replica.

    Its methods raise Unavailable and whatever asyncpg raises.
    """

    pool: Pool
    clock: Clock
    name: str
    replica: UUID
    lease: timedelta

    async def hold(self) -> tuple[bool, datetime]:
        """Lease the mailbox for this replica.

        Return whether it holds the lease, and when the mailbox was last read completely.
        """
        async with acquire(self.pool) as conn:
            read_at = await conn.fetchval(
                LEASE, self.name, self.clock.stamp(), self.replica, self.lease
            )
            if read_at is not None:
                return True, read_at
            return False, await conn.fetchval(LAST_READ, self.name)

    async def release(self) -> None:
        """Release the lease, so that another replica may read the mailbox at once."""
        async with acquire(self.pool) as conn:
            await conn.execute(RELEASE, self.name, self.replica)

    async def note_read(self) -> datetime | None:
        """Record that every mail was taken in, and return the time.

        Return None if another replica has the lease.
        """
        async with acquire(self.pool) as conn:
            read_at: datetime | None = await conn.fetchval(
                READ, self.name, self.clock.stamp(), self.replica
            )
            return read_at

    async def known(self, uidvalidity: int, waiting: Collection[int]) -> frozenset[int]:
        """Return which of the unread mails are committed.

        Mails that are no longer unread, or were numbered anew, are forgotten.
        """
        async with acquire(self.pool) as conn:
            return frozenset(
                row["uid"] for row in await conn.fetch(KNOWN, self.name, uidvalidity, list(waiting))
            )

    async def note_taken(self, uidvalidity: int, uid: int) -> None:
        """Record that a mail is committed, and extend the lease."""
        async with acquire(self.pool) as conn:
            await conn.execute(
                TAKEN, self.name, uidvalidity, uid, self.clock.stamp(), self.lease, self.replica
            )

    async def integration(self, slug: str) -> int:
        """Return the integration with this slug, creating it if there is none."""
        async with acquire(self.pool) as conn:
            return await find_integration(conn, slug)
