"""Lookup of people who can be notified, with their roles, groups and present shifts."""

from collections.abc import Collection
from datetime import datetime

from gateway.db.pool import Connection
from gateway.directory.person import Reachable

REACHABLE = """
WITH serving AS (
  SELECT g.slug, g.tier, s.people FROM shift s JOIN staff_group g ON g.id = s.group_id
  WHERE g.active AND s.starts_at <= $4 AND s.ends_at > $4
    AND (g.slug = ANY($3::text[]) OR g.tier = 'desk'))
SELECT p.login, p.email, p.phone, p.roles,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups,
  array(SELECT slug FROM serving WHERE p.id = ANY(people)) AS shifts,
  EXISTS (SELECT FROM serving WHERE tier = 'desk' AND p.id = ANY(people)) AS at_desk
FROM person p
WHERE p.active AND (p.email <> '' OR EXISTS (
  SELECT FROM contact_method c WHERE c.person_id = p.id AND c.verified_at IS NOT NULL))
AND (p.roles && $1::text[] OR p.login = ANY($2::text[]) OR (lower(p.email) = ANY($2::text[]))
  OR p.phone = ANY($2::text[])
  OR p.id IN (
    SELECT m.person_id FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
    WHERE g.slug = ANY($3::text[]))
  OR EXISTS (SELECT FROM serving WHERE slug = ANY($3::text[]) AND p.id = ANY(people)))
ORDER BY p.login
"""


async def find_reachable(
    conn: Connection,
    roles: Collection[str],
    names: Collection[str],
    groups: Collection[str],
    now: datetime,
) -> list[Reachable]:
    """Return everybody with one of the roles or names, or in one of the groups or on its shift.

    A name is a login, an e-mail address or a telephone number.
    """
    rows = await conn.fetch(REACHABLE, list(roles), list(names), list(groups), now)
    sets = ("roles", "groups", "shifts")
    return [Reachable(**{**row, **{name: frozenset(row[name]) for name in sets}}) for row in rows]
