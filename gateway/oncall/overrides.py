"""Overrides of schedules in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.oncall.schedule import Override


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOverride:
    """An override as it is stored: why, by whom and when it was made, and by which swap."""

    override: Override
    reason: str
    made_by: str
    made_at: datetime
    swap_id: int | None


OVERRIDES = """
SELECT o.id, o.starts_at, o.ends_at, o.people, o.replaces, o.reason, o.made_by, o.made_at,
  o.swap_id
FROM schedule_override o
"""


def override_of(row: Record) -> Override:
    """Return the override in a row of OVERRIDES."""
    return Override(
        id=row["id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        people=tuple(row["people"]),
        replaces=row["replaces"],
    )


def _stored(row: Record) -> StoredOverride:
    return StoredOverride(
        override=override_of(row),
        **{name: row[name] for name in ("reason", "made_by", "made_at", "swap_id")},
    )


BETWEEN = (
    OVERRIDES
    + """
WHERE o.schedule_id = $1 AND o.withdrawn_at IS NULL AND o.ends_at > $2 AND o.starts_at < $3
ORDER BY o.id LIMIT 1000
"""
)


async def between(
    conn: Connection, schedule_id: int, since: datetime, until: datetime
) -> list[StoredOverride]:
    """Return the overrides of a schedule that overlap [since, until), in the order made."""
    rows = await conn.fetch(BETWEEN, schedule_id, since, until)
    return [_stored(row) for row in rows]


INSERT = """
INSERT INTO schedule_override (schedule_id, starts_at, ends_at, people, replaces, reason, made_by,
  made_at, swap_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""


async def insert(  # noqa: PLR0913 - the columns of an override
    conn: Connection,
    schedule_id: int,
    span: tuple[datetime, datetime],
    people: Sequence[str],
    replaces: str | None,
    *,
    reason: str,
    made_by: str,
    made_at: datetime,
    swap_id: int | None = None,
) -> StoredOverride:
    """Insert an override and return it."""
    override_id: int = await conn.fetchval(
        INSERT, schedule_id, *span, list(people), replaces, reason, made_by, made_at, swap_id
    )
    override = Override(
        id=override_id,
        starts_at=span[0],
        ends_at=span[1],
        people=tuple(people),
        replaces=replaces,
    )
    return StoredOverride(
        override=override, reason=reason, made_by=made_by, made_at=made_at, swap_id=swap_id
    )


ONE = OVERRIDES + "WHERE o.id = $1 AND o.schedule_id = $2 AND o.withdrawn_at IS NULL FOR UPDATE"


async def by_id(conn: Connection, override_id: int, schedule_id: int) -> StoredOverride:
    """Return an override of a schedule, locked; raises NotFound."""
    row = await conn.fetchrow(ONE, override_id, schedule_id)
    if row is None:
        raise NotFound(f"the schedule has no override {override_id}")
    return _stored(row)


WITHDRAW = """
UPDATE schedule_override SET withdrawn_by = $3,
  withdrawn_at = CASE WHEN starts_at < $2 THEN NULL ELSE $2 END,
  ends_at = CASE WHEN starts_at < $2 THEN $2 ELSE ends_at END
WHERE id = $1
"""


async def withdraw(conn: Connection, override_id: int, now: datetime, by: str) -> None:
    """Withdraw an override; of one that has begun, what has passed of it stays."""
    await conn.execute(WITHDRAW, override_id, now, by)
