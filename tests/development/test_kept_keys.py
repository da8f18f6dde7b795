"""The keys of `gw dev` stay the same over restarts, as long as they are valid."""

from pathlib import Path

import asyncpg
import pytest

from gateway.access.keys import KeyRing, Scope
from gateway.db.pool import Pool
from gateway.development.kept_keys import FILE, load_or_create_keys
from gateway.timing.clock import SystemClock


async def test_dev_keys_are_kept_and_valid(database_url: str, pool: Pool, tmp_path: Path) -> None:
    first = await load_or_create_keys(database_url, tmp_path)
    assert await load_or_create_keys(database_url, tmp_path) == first
    ring = KeyRing(pool, SystemClock())
    assert (await ring.recognise(first.admin)).may(Scope.WRITE)
    assert (await ring.recognise(first.ingest)).scopes == {Scope.INGEST, Scope.READ}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["dev admin", "dev ingest"])
async def test_revoked_dev_key_is_replaced(name: str, database_url: str, tmp_path: Path) -> None:
    first = await load_or_create_keys(database_url, tmp_path)
    conn = await asyncpg.connect(database_url)
    await conn.execute("UPDATE api_key SET revoked_at = created_at WHERE name = $1", name)
    await conn.close()
    second = await load_or_create_keys(database_url, tmp_path)
    assert second != first
    assert await load_or_create_keys(database_url, tmp_path) == second


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"admin": ""}', '{"admin": 1, "ingest": 2}'])
async def test_damaged_key_file_is_replaced(
    damaged: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    (tmp_path / FILE).write_text(damaged)
    first = await load_or_create_keys(database_url, tmp_path)
    assert await load_or_create_keys(database_url, tmp_path) == first
