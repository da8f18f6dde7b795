"""The groups and people that work can be given to, read when a record is assigned."""

from collections.abc import Collection

from gateway.db.pool import Connection
from gateway.directory.roles import GroupTier, parse_roles
from gateway.operations.assignment import AssignableStaff, StaffGroup

GROUPS = """
SELECT g.slug, g.tier, array(
  SELECT p.login FROM staff_group_member m JOIN person p ON p.id = m.person_id
                             WHERE m.group_id = g.id AND p.active) AS members
FROM staff_group g WHERE g.active
"""

PEOPLE = "SELECT login, roles FROM person WHERE login = ANY($1::text[]) AND active"

SUPPORT = """
SELECT coalesce(desk_group, '') AS desk, coalesce(tier2_group, '') AS tier2,
  coalesce(tier3_group, '') AS tier3
FROM service WHERE slug = $1 AND active
"""


async def staff_for(conn: Connection, service: str, people: Collection[str]) -> AssignableStaff:
    """Return the active groups, the active ones of `people`, and the service's support groups."""
    groups = await conn.fetch(GROUPS)
    named = await conn.fetch(PEOPLE, [login for login in people if login])
    support = await conn.fetchrow(SUPPORT, service) if service else None
    return AssignableStaff(
        groups={
            g["slug"]: StaffGroup(g["slug"], GroupTier(g["tier"]), frozenset(g["members"]))
            for g in groups
        },
        people={person["login"]: parse_roles(person["roles"]) for person in named},
        support={}
        if support is None
        else {GroupTier(tier): slug for tier, slug in support.items() if slug},
    )
