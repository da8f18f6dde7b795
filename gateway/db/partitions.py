"""Daily partitions (UTC) of receipts and alert events.

They are created ahead of time and dropped as a whole when their retention ends.

A row for a day without a partition lands in the default partition, so a late run loses nothing;
creating that day's partition moves such rows over first, because PostgreSQL refuses a partition
whose rows the default still holds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.db.pool import Connection
from gateway.settings import Retention

DAYS_AHEAD = 7


@dataclass(frozen=True, slots=True)
class PartitionChanges:
    """The names of the partitions that one run created and dropped."""

    created: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


SELECT_TURN = """
SELECT pg_try_advisory_xact_lock(hashtextextended('gateway.partitions', 0)),
       set_config('statement_timeout', '60s', true), set_config('lock_timeout', '2s', true)
"""


async def maintain(
    connection: Connection, now: datetime | None, retention: Retention
) -> PartitionChanges:
    """Create and drop partitions in one transaction, as of `now`, or PostgreSQL's clock if None.

    Any number of replicas may call it; it does nothing while another one does it. Raises
    asyncpg.LockNotAvailableError when writers leave no gap of two seconds; nothing is changed
    then and the next run tries again.
    """
    async with connection.transaction():
        if not await connection.fetchval(SELECT_TURN):
            return PartitionChanges()
        created: list[str] = []
        dropped: list[str] = []
        for parent, kept in (("receipt", retention.receipts), ("alert_event", retention.alerts)):
            created += await _create_missing(connection, parent, now)
            dropped += await _drop_expired(connection, parent, now, kept)
        return PartitionChanges(tuple(created), tuple(dropped))


SELECT_MISSING = """
WITH today AS (
  SELECT (moment($2) AT TIME ZONE 'UTC')::date AS day
), wanted AS (
  SELECT $1 AS parent, day + ahead AS day, $1 || '_' || to_char(day + ahead, 'YYYYMMDD') AS name
  FROM today, generate_series(0, $3::int) AS ahead
)
SELECT name,
  format('CREATE TABLE %1$I (LIKE %2$I INCLUDING ALL)', name, parent) AS make,
  format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default') AS hold,
  format('WITH moved AS (DELETE FROM %1$I '
      'WHERE received_at >= %3$L AND received_at < %4$L RETURNING *) '
      'INSERT INTO %2$I SELECT * FROM moved',
         parent || '_default', name, day::timestamp AT TIME ZONE 'UTC',
         (day + 1)::timestamp AT TIME ZONE 'UTC') AS move,
  format('ALTER TABLE %1$I ATTACH PARTITION %2$I FOR VALUES FROM (%3$L) TO (%4$L)',
         parent, name, day::timestamp AT TIME ZONE 'UTC',
         (day + 1)::timestamp AT TIME ZONE 'UTC') AS attach
FROM wanted WHERE to_regclass(quote_ident(name)) IS NULL ORDER BY day
"""


async def _create_missing(connection: Connection, parent: str, now: datetime | None) -> list[str]:
    rows = await connection.fetch(SELECT_MISSING, parent, now, DAYS_AHEAD)
    for row in rows:
        for step in ("make", "hold", "move", "attach"):
            await connection.execute(row[step])
    return [row["name"] for row in rows]


SELECT_EXPIRED = """
SELECT child.relname AS name, format('DROP TABLE %I', child.relname) AS drop
FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = $1::text::regclass AND child.relname ~ ('^' || $1::text || '_[0-9]{8}$')
  AND (to_date(right(child.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC'
      <= moment($2) - $3::interval
ORDER BY child.relname
"""
SELECT_SWEEP = """
SELECT format('DELETE FROM %I WHERE received_at < %L', $1::text || '_default',
              moment($2) - $3::interval)
"""


async def _drop_expired(
    connection: Connection, parent: str, now: datetime | None, kept: timedelta
) -> list[str]:
    rows = await connection.fetch(SELECT_EXPIRED, parent, now, kept)
    for row in rows:
        await connection.execute(row["drop"])
    await connection.execute(await connection.fetchval(SELECT_SWEEP, parent, now, kept))
    return [row["name"] for row in rows]
