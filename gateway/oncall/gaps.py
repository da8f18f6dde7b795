"""Gaps of schedules of which somebody was told, in the database."""

from collections.abc import Sequence

from gateway.db.pool import Connection
from gateway.oncall.spans import Span

LOCK = "SELECT id FROM schedule WHERE slug = $1 AND active FOR NO KEY UPDATE SKIP LOCKED"
KNOWN = """
SELECT starts_at, ends_at FROM schedule_gap WHERE schedule_id = $1 ORDER BY starts_at
"""
FORGET = "DELETE FROM schedule_gap WHERE schedule_id = $1"
REMEMBER = """
INSERT INTO schedule_gap (schedule_id, starts_at, ends_at)
SELECT $1, t.starts_at, t.ends_at
FROM unnest($2::timestamptz[], $3::timestamptz[]) AS t (starts_at, ends_at)
"""


async def lock_schedule(conn: Connection, slug: str) -> int | None:
    """Return the id of a schedule whose gaps nobody else compares meanwhile.

    None if another replica does so, or it is not active any more.
    """
    schedule_id: int | None = await conn.fetchval(LOCK, slug)
    return schedule_id


async def known_gaps(conn: Connection, schedule_id: int) -> list[Span]:
    """Return the gaps of a schedule of which somebody was told."""
    return [(row["starts_at"], row["ends_at"]) for row in await conn.fetch(KNOWN, schedule_id)]


async def remember_gaps(conn: Connection, schedule_id: int, gaps: Sequence[Span]) -> None:
    """Replace the known gaps of a schedule, in the caller's transaction."""
    await conn.execute(FORGET, schedule_id)
    await conn.execute(REMEMBER, schedule_id, *([one[end] for one in gaps] for end in (0, 1)))
