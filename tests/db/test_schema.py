"""The file gateway/db/schema.sql equals the migrated schema, and no listed migration changed."""

from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from gateway.db import schema
from gateway.db.migrate import migrate
from gateway.db.schema import (
    SCHEMA,
    changed_migrations,
    current_schema,
    list_checksums,
    read_checksums,
    write_files,
)
from gateway.errors import Misconfigured


async def test_schema_file_matches_migrations() -> None:
    assert SCHEMA.read_text("utf-8") == await current_schema(), "run `python3 gw schema`"


def test_no_migration_that_may_be_applied_was_changed() -> None:
    assert changed_migrations() == [], "restore it, and write a migration of the next number"
    assert read_checksums().keys() == list_checksums().keys(), "run `python3 gw schema`"


def test_schema_command_refuses_changed_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "SHA256SUMS"
    listed.write_text(f"{'0' * 64}  0001_core.sql\n")
    monkeypatch.setattr(schema, "CHECKSUMS", listed)
    with pytest.raises(Misconfigured, match=r"0001_core.sql may have been applied"):
        write_files()
    assert listed.read_text().startswith("0000")


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
