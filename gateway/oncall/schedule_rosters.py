"""Rosters of groups that follow a schedule: its shifts of the coming days are theirs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.oncall.roster_changes import PlannedShift, RosterChanges, changes_of, roster_of
from gateway.oncall.schedules import expand, load_plans
from gateway.oncall.shift import Shift

AHEAD = timedelta(days=14)
"""How far ahead a roster is planned."""

FOLLOW = "UPDATE staff_group SET schedule_id = $2 WHERE slug = $1 RETURNING id"


async def follow(conn: Connection, group: str, schedule_id: int | None) -> None:
    """Let a group's roster follow a schedule, or none; raises NotFound."""
    if await conn.fetchval(FOLLOW, group, schedule_id) is None:
        raise NotFound(f"there is no group {group}")


FOLLOWED = """
SELECT s.slug FROM staff_group g JOIN schedule s ON s.id = g.schedule_id WHERE g.slug = $1
"""


async def followed(conn: Connection, group: str) -> str | None:
    """Return the slug of the schedule that a group's roster follows, None if it follows none."""
    slug: str | None = await conn.fetchval(FOLLOWED, group)
    return slug


FOLLOWERS = """
SELECT g.id, s.slug FROM staff_group g JOIN schedule s ON s.id = g.schedule_id
WHERE ($1::text[] IS NULL OR s.slug = ANY($1)) AND ($2::text IS NULL OR g.slug = $2)
ORDER BY g.id FOR UPDATE OF g
"""


async def refresh_rosters(
    conn: Connection, slugs: Sequence[str] | None, now: datetime, *, group: str | None = None
) -> int:
    """Let the rosters that follow these schedules, or any, have the shifts of the coming days.

    With `group` it is the roster of that group alone. It runs in the transaction that changed a
    schedule, and from time to time. Returns how many rosters were changed.
    """
    followers = await conn.fetch(FOLLOWERS, slugs, group)
    if not followers:
        return 0
    asked = sorted({row["slug"] for row in followers})
    plans = await load_plans(conn, asked, now, now + AHEAD)
    shifts = {slug: roster_of(await expand(plan, now, now + AHEAD)) for slug, plan in plans.items()}
    changed = 0
    for row in followers:
        planned = await _planned(conn, row["id"], now)
        changes = changes_of(planned, shifts.get(row["slug"], []), now)
        if changes != RosterChanges():
            await _write(conn, row["id"], changes)
            changed += 1
    return changed


PLANNED = """
SELECT s.id, s.starts_at, s.ends_at,
  array(SELECT p.login FROM person p WHERE p.id = ANY(s.people) ORDER BY p.login) AS people
FROM shift s WHERE s.group_id = $1 AND s.ends_at > $2 ORDER BY s.starts_at
"""


async def _planned(conn: Connection, group_id: int, now: datetime) -> list[PlannedShift]:
    return [
        PlannedShift(
            id=row["id"],
            shift=Shift(
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                people=tuple(sorted(row["people"])),
            ),
        )
        for row in await conn.fetch(PLANNED, group_id, now)
    ]


DELETE = """
DELETE FROM shift s WHERE s.id = ANY($1::bigint[])
  AND NOT EXISTS (SELECT FROM handover h WHERE h.shift_id = s.id)
"""
END = "UPDATE shift SET ends_at = $2 WHERE id = $1"
ADD = """
INSERT INTO shift (group_id, starts_at, ends_at, people)
SELECT $1, $2, $3, array(SELECT p.id FROM person p WHERE p.login = ANY($4::text[]) ORDER BY p.id)
ON CONFLICT (group_id, starts_at) DO NOTHING
"""


async def _write(conn: Connection, group_id: int, changes: RosterChanges) -> None:
    await conn.execute(DELETE, changes.deleted)
    await conn.executemany(END, changes.ended)
    rows = [(group_id, one.starts_at, one.ends_at, list(one.people)) for one in changes.added]
    await conn.executemany(ADD, rows)
