"""Groups in the database, with their members."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from asyncpg import Record

from gateway.db.pool import Connection
from gateway.db.versioned import (
    Checks,
    check_fields,
    check_version,
    fetch_found,
    written_fields,
)
from gateway.directory import person as check
from gateway.directory.person import Group
from gateway.directory.roles import GroupTier
from gateway.errors import Conflict, Flaw, Unprocessable

GROUPS = """
SELECT g.id, g.slug, g.name, g.tier, g.active, g.skills, g.version, g.created_at, g.updated_at,
array(SELECT p.login FROM staff_group_member m JOIN person p ON p.id = m.person_id
      WHERE m.group_id = g.id AND p.active ORDER BY p.login) AS members
FROM staff_group g
"""

CHECKS: Checks = {
    "slug": str,
    "name": str,
    "tier": GroupTier,
    "active": bool,
    "skills": check.normalize_skills,
}
"""The fields of a group that can be written, beside its members, and the check of each."""


def group_of(row: Record) -> Group:
    """Return the group in a row of GROUPS."""
    return Group(
        **{
            **row,
            "tier": GroupTier(row["tier"]),
            "skills": tuple(row["skills"]),
            "members": tuple(row["members"]),
        }
    )


LIST = (
    GROUPS
    + """
WHERE g.slug > $1::text AND ($2::text IS NULL OR g.tier = $2::text)
ORDER BY g.slug LIMIT $3::int
"""
)


async def page(
    conn: Connection, after: str, limit: int, *, tier: GroupTier | None = None
) -> list[Group]:
    """Return groups whose slug sorts after `after`."""
    return [group_of(row) for row in await conn.fetch(LIST, after, tier, limit)]


BY_SLUG = GROUPS + "WHERE g.slug = $1"
LOCK = "SELECT id FROM staff_group WHERE slug = $1 FOR UPDATE"


async def by_slug(conn: Connection, slug: str, *, lock: bool = False) -> Group:
    """Return the group of that slug; raises NotFound.

    With `lock` it stays unchanged until the transaction ends.
    """
    if lock:
        await conn.fetchval(LOCK, slug)
    return group_of(await fetch_found(conn, BY_SLUG, slug, f"there is no group {slug}"))


INSERT = """
INSERT INTO staff_group (slug, name, tier, active, skills, created_at, updated_at)
SELECT $1::text, $2::text, $3::text, $4::bool, $5::text[], t.now, t.now
FROM moment($6) AS t (now) RETURNING id
"""


async def create(
    conn: Connection, fields: Mapping[str, Any], members: Sequence[str], stamp: datetime | None
) -> Group:
    """Create a group with all fields of CHECKS.

    Raises Conflict for a slug that is taken, Unprocessable for an unknown member.
    """
    checked = check_fields(CHECKS, fields)
    try:
        group_id = await conn.fetchval(INSERT, *checked.values(), stamp)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("there is a group of this slug already") from error
    await _set_members(conn, group_id, members)
    return await by_slug(conn, checked["slug"])


UPDATE = """
UPDATE staff_group SET name = $2, tier = $3, active = $4, skills = $5::text[],
  version = version + 1,
  updated_at = moment($6)
WHERE slug = $1
"""


async def change(
    conn: Connection,
    slug: str,
    changes: Mapping[str, Any],
    members: Sequence[str] | None,
    stamp: datetime | None,
    *,
    if_match: int | None = None,
) -> Group:
    """Change a group and, unless `members` is None, give it exactly these members.

    Runs in the caller's transaction and returns the group; changing nothing writes nothing.
    Raises NotFound, VersionMismatch, and Unprocessable for a member that does not exist.
    """
    before = await by_slug(conn, slug, lock=True)
    check_version(slug, before.version, if_match)
    present = written_fields(CHECKS, before)
    wanted = present | check_fields(CHECKS, changes)
    same_members = members is None or sorted(set(members)) == list(before.members)
    if wanted == present and same_members:
        return before
    await conn.execute(UPDATE, *wanted.values(), stamp)
    if members is not None:
        await _set_members(conn, before.id, members)
    return await by_slug(conn, slug)


KNOWN = (
    "SELECT id, login FROM person WHERE login = ANY($1::text[]) AND active ORDER BY id FOR SHARE"
)
LEAVE = "DELETE FROM staff_group_member WHERE group_id = $1 AND person_id <> ALL($2::int[])"
JOIN = """
INSERT INTO staff_group_member (group_id, person_id) SELECT $1, unnest($2::int[])
ON CONFLICT (group_id, person_id) DO NOTHING
"""


async def _set_members(conn: Connection, group_id: int, members: Sequence[str]) -> None:
    known = {row["login"]: row["id"] for row in await conn.fetch(KNOWN, list(members))}
    if missing := sorted(set(members) - known.keys()):
        raise Unprocessable(
            f"nobody active has the login {missing[0]}",
            flaws=(Flaw("/members", "unknown: " + ", ".join(missing)),),
        )
    await conn.execute(LEAVE, group_id, list(known.values()))
    await conn.execute(JOIN, group_id, list(known.values()))
