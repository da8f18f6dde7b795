"""The name and open record of a caller, for the screen of whoever answers."""

from typing import Any

from gateway.channels.phone import store
from gateway.channels.phone.numbers import is_one_telephone, to_e164
from gateway.channels.speakers import find_by_phone
from gateway.db.pool import Pool, acquire


async def find_contacts(pool: Pool, said: str, region: str, base: str) -> list[dict[str, Any]]:
    """Return at most one contact, as the template of `integrations/3cx/` reads it."""
    # A plus that was not URL-encoded arrives as a space.
    number = to_e164(f"+{said[1:]}" if said.startswith(" ") else said, region)
    if not is_one_telephone(number):
        return []
    async with acquire(pool) as conn:
        who, _, name = await find_by_phone(conn, number)
        found = await store.find_unfinished(conn, number)
    if not name and found is None:
        return []
    record = "" if found is None else found[0]
    url = f"{base}/api/v1/incidents/{record}" if record else ""
    return [
        {
            "id": who.name if name else number,
            "name": name or number,
            "phone": number,
            "record": record,
            "url": url,
        }
    ]
