"""The keys of the gateway for push services: those of the settings, else those in the database."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from gateway.channels.push.webpush.vapid import (
    MOST_KEYS,
    SECRET_BYTES,
    VapidKey,
    key_of_secret,
    read_keys,
)
from gateway.db.pool import Connection

KEPT = "SELECT secret FROM vapid_key ORDER BY created_at DESC, id LIMIT $1"
"""The query of the newest keys.

To change the key, add a row; browsers that subscribed with the previous one are called with it
as long as it is the second.
"""

KEEP = """
INSERT INTO vapid_key (id, secret, created_at)
SELECT 'first', $1::bytea, moment($2) WHERE NOT EXISTS (SELECT FROM vapid_key)
ON CONFLICT (id) DO NOTHING
"""


async def load_vapid_keys(
    conn: Connection, setting: str, stamp: datetime | None
) -> tuple[VapidKey, ...]:
    """Return the keys, the one to subscribe with first; the first key is made if there is none."""
    if given := read_keys(setting):
        return given
    kept = await conn.fetch(KEPT, MOST_KEYS)
    if not kept:
        fresh = generate_private_key(SECP256R1()).private_numbers().private_value
        await conn.execute(KEEP, fresh.to_bytes(SECRET_BYTES, "big"), stamp)
        kept = await conn.fetch(KEPT, MOST_KEYS)
    return tuple(key_of_secret(row["secret"]) for row in kept)
