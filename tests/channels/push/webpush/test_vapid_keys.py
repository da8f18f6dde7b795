"""The keys are those of the settings, else one that is made once and kept."""

from gateway.channels.push.webpush.vapid import key_of_secret, to_base64
from gateway.channels.push.webpush.vapid_keys import load_vapid_keys
from gateway.db.pool import Pool
from tests.support.clock import NOON

ADD = "INSERT INTO vapid_key (id, secret, created_at) VALUES ($1, $2, $3)"


async def test_keys_of_the_settings_count_alone(pool: Pool) -> None:
    async with pool.acquire() as conn:
        (key,) = await load_vapid_keys(conn, to_base64(b"\1" * 32), NOON)
        assert key.public == key_of_secret(b"\1" * 32).public
        assert await conn.fetchval("SELECT count(*) FROM vapid_key") == 0


async def test_first_key_is_made_once(pool: Pool) -> None:
    async with pool.acquire() as one, pool.acquire() as other:
        (first,) = await load_vapid_keys(one, "", NOON)
        (again,) = await load_vapid_keys(other, "", NOON)
    assert first.public == again.public
    assert len(first.public) == 65


async def test_two_newest_keys_are_used_the_newest_first(pool: Pool) -> None:
    for number in (1, 2, 3):
        stamp = NOON.replace(hour=number)
        await pool.execute(ADD, f"key {number}", bytes([number]) * 32, stamp)
    async with pool.acquire() as conn:
        found = await load_vapid_keys(conn, "", NOON)
    assert [key.public for key in found] == [
        key_of_secret(bytes([number]) * 32).public for number in (3, 2)
    ]
