"""Migrations: once each, in order, never rewritten, however many replicas start at the same time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from gateway.db.migrate import OUTSIDE, migrate, read_migrations
from gateway.db.pool import Connection
from gateway.errors import Misconfigured


@pytest.fixture
async def blank(blank_database: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(blank_database)
    yield connection
    await connection.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int);")
    (tmp_path / "0002_index.sql").write_text(OUTSIDE + "CREATE INDEX CONCURRENTLY first_id ON first (id);")
    return tmp_path


async def test_four_replicas_starting_at_once_apply_everything_once(blank_database: str, files: Path) -> None:
    applied = await asyncio.gather(*(migrate(blank_database, directory=files) for _ in range(4)))
    assert sorted(applied) == [(), (), (), (1, 2)]


async def test_only_what_is_new_is_applied_later(blank_database: str, blank: Connection, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0003_third.sql").write_text("CREATE TABLE third (id int); INSERT INTO third VALUES (3);")
    assert await migrate(blank_database, directory=files) == (3,)
    assert await blank.fetchval("SELECT id FROM third") == 3
    assert await migrate(blank_database, directory=files) == ()


async def test_a_file_changed_after_it_was_applied_is_refused(blank_database: str, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(Misconfigured, match=r"0001 \(first\) was changed"):
        await migrate(blank_database, directory=files)


async def test_a_file_gone_after_it_was_applied_is_refused(blank_database: str, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0001_first.sql").unlink()
    with pytest.raises(Misconfigured, match="0001 was applied to this database and is not among ours"):
        await migrate(blank_database, directory=files)


async def test_a_file_numbered_below_what_was_applied_is_refused(blank_database: str, files: Path) -> None:
    (files / "0001_first.sql").rename(files / "0000_first.sql")
    await migrate(blank_database, directory=files)
    (files / "0001_late.sql").write_text("SELECT 1;")
    with pytest.raises(Misconfigured, match="give it the next number"):
        await migrate(blank_database, directory=files)


async def test_an_older_release_starts_beside_a_newer_schema(blank_database: str, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0002_index.sql").unlink()
    assert await migrate(blank_database, directory=files) == ()


async def test_a_failing_file_leaves_no_trace_and_no_lock(blank_database: str, blank: Connection, files: Path) -> None:
    broken = files / "0003_broken.sql"
    broken.write_text("CREATE TABLE half (id int); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(blank_database, directory=files)
    assert await blank.fetchval("SELECT to_regclass('half')") is None
    broken.write_text("CREATE TABLE half (id int);")
    assert await migrate(blank_database, directory=files) == (3,)


def test_two_files_of_one_number_are_refused(files: Path) -> None:
    (files / "0002_again.sql").write_text("SELECT 1;")
    with pytest.raises(Misconfigured, match="two migrations are numbered 2"):
        read_migrations(files)
