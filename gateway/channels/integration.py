"""The integration of what the gateway fetches itself, where no key names one."""

from gateway.db.pool import Connection

INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ($1, $1)
ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id
"""


async def find_integration(conn: Connection, slug: str) -> int:
    """Return the integration with this slug, creating it if there is none."""
    return int(await conn.fetchval(INTEGRATION, slug))
