"""The file gateway/db/schema.sql equals the migrated schema."""

from urllib.parse import urlsplit

import asyncpg

from gateway.db.migrate import migrate
from gateway.db.schema import SCHEMA, current_schema


async def test_schema_file_matches_migrations() -> None:
    assert SCHEMA.read_text("utf-8") == await current_schema(), "run `python3 gw schema`"


async def test_new_database_has_no_people_or_keys(database_url: str) -> None:
    fresh = urlsplit(database_url)._replace(path="/fresh").geturl()
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute("CREATE DATABASE fresh")
        await migrate(fresh)
        conn = await asyncpg.connect(fresh)
        found = await conn.fetchval(
            "SELECT (SELECT count(*) FROM person) + (SELECT count(*) FROM api_key)"
        )
        await conn.close()
    finally:
        await owner.execute("DROP DATABASE IF EXISTS fresh")
        await owner.close()
    assert found == 0
