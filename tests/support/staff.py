"""People and their group, inserted into the database."""

from gateway.db.pool import Pool
from tests.support.clock import NOON

ROLES = {"desk": "service_desk", "tier2": "tier2", "tier3": "tier3"}

PEOPLE = """
INSERT INTO person (login, name, roles, created_at, updated_at)
SELECT login, login, $2::text[], $3, $3
FROM unnest($1::text[]) AS t (login) ON CONFLICT (login) DO NOTHING
"""
GROUP = """
INSERT INTO staff_group (slug, name, tier, created_at, updated_at) VALUES ($1, $1, $2, $3, $3)
ON CONFLICT (slug) DO NOTHING
"""
MEMBERS = """
INSERT INTO staff_group_member (group_id, person_id)
SELECT g.id, p.id FROM staff_group g, person p WHERE g.slug = $1 AND p.login = ANY($2::text[])
ON CONFLICT DO NOTHING
"""


async def hire(pool: Pool, group: str, *logins: str, tier: str = "tier2") -> None:
    """Create a group of a tier with these people, who get the role of the tier if they are new."""
    async with pool.acquire() as conn:
        await conn.execute(PEOPLE, list(logins), [ROLES[tier]], NOON)
        await conn.execute(GROUP, group, tier, NOON)
        await conn.execute(MEMBERS, group, list(logins))
