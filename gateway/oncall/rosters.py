"""On-call rosters in the database: who of a group is on shift at which time."""

from collections.abc import Sequence
from datetime import datetime

from gateway.db.pool import Connection
from gateway.errors import Flaw, NotFound, Unprocessable
from gateway.oncall.shift import Shift, flaws

GROUP = "SELECT id FROM staff_group WHERE slug = $1 FOR UPDATE"
KNOWN = "SELECT id, login FROM person WHERE login = ANY($1::text[]) AND active"
FORGET = """
DELETE FROM shift s WHERE s.group_id = $1 AND s.starts_at >= $2
  AND NOT EXISTS (SELECT FROM handover h WHERE h.shift_id = s.id)
"""
LATEST = "SELECT max(ends_at) FROM shift WHERE group_id = $1"
PLAN = "INSERT INTO shift (group_id, starts_at, ends_at, people) VALUES ($1, $2, $3, $4)"


async def plan(conn: Connection, slug: str, shifts: Sequence[Shift], now: datetime) -> None:
    """Replace the group's future shifts by these, in the caller's transaction.

    Shifts that have begun stay as they are. Raises NotFound, and Unprocessable with every flaw
    of the roster.
    """
    group_id = await conn.fetchval(GROUP, slug)
    if group_id is None:
        raise NotFound(f"there is no group {slug}")
    people = {
        row["login"]: row["id"]
        for row in await conn.fetch(KNOWN, sorted({p for s in shifts for p in s.people}))
    }
    unknown = [
        Flaw(f"/shifts/{place}/people", f"nobody active has the login {login}")
        for place, shift in enumerate(shifts)
        for login in shift.people
        if login not in people
    ]
    await conn.execute(FORGET, group_id, now)
    begun = await conn.fetchval(LATEST, group_id)
    early = [
        Flaw(
            f"/shifts/{place}/from", "lies before the end of a shift that has begun, or in the past"
        )
        for place, shift in enumerate(shifts)
        if shift.starts_at < max(now, begun or now)
    ]
    if found := (*flaws(shifts), *unknown, *early):
        raise Unprocessable("the roster cannot be used", flaws=tuple(found))
    rows = [
        (group_id, shift.starts_at, shift.ends_at, [people[login] for login in shift.people])
        for shift in shifts
    ]
    await conn.executemany(PLAN, rows)


ROSTER = """
SELECT s.starts_at, s.ends_at,
  array(SELECT p.login FROM person p WHERE p.id = ANY(s.people) ORDER BY p.login) AS people
FROM shift s JOIN staff_group g ON g.id = s.group_id
WHERE g.slug = $1 AND s.ends_at > $2 AND s.starts_at < $3 ORDER BY s.starts_at LIMIT 1000
"""


async def between(conn: Connection, slug: str, since: datetime, until: datetime) -> list[Shift]:
    """Return the group's shifts that overlap [since, until), oldest first."""
    rows = await conn.fetch(ROSTER, slug, since, until)
    return [
        Shift(starts_at=row["starts_at"], ends_at=row["ends_at"], people=tuple(row["people"]))
        for row in rows
    ]
