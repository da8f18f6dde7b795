"""Migrations run once each, in order, however many replicas start at the same time.

A migration that was applied may not be changed.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from gateway.db.migrate import ALSO_APPLIED, MIGRATIONS, OUTSIDE, migrate, read_migrations
from gateway.db.pool import Connection
from gateway.errors import Misconfigured
from gateway.timing.instants import EARLIEST, LATEST


@pytest.fixture
async def blank(blank_database: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(blank_database)
    yield connection
    await connection.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int);")
    (tmp_path / "0002_index.sql").write_text(
        OUTSIDE + "CREATE INDEX CONCURRENTLY first_id ON first (id);"
    )
    return tmp_path


async def test_concurrent_replicas_apply_migrations_once(blank_database: str, files: Path) -> None:
    applied = await asyncio.gather(*(migrate(blank_database, directory=files) for _ in range(4)))
    assert sorted(applied) == [(), (), (), (1, 2)]


async def test_only_new_migrations_are_applied(
    blank_database: str, blank: Connection, files: Path
) -> None:
    await migrate(blank_database, directory=files)
    (files / "0003_third.sql").write_text(
        "CREATE TABLE third (id int); INSERT INTO third VALUES (3);"
    )
    assert await migrate(blank_database, directory=files) == (3,)
    assert await blank.fetchval("SELECT id FROM third") == 3
    assert await migrate(blank_database, directory=files) == ()


async def test_changed_applied_migration_is_refused(blank_database: str, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(Misconfigured, match=r"0001 \(first\) was changed"):
        await migrate(blank_database, directory=files)


async def test_database_with_other_comment_in_applied_migration_is_accepted(
    blank_database: str, blank: Connection
) -> None:
    await migrate(blank_database)
    for version, checksum in ALSO_APPLIED.items():
        await blank.execute(
            "UPDATE schema_migration SET checksum = $2 WHERE version = $1", version, checksum
        )
    assert await migrate(blank_database) == ()


async def test_missing_applied_migration_is_refused(blank_database: str, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0001_first.sql").unlink()
    with pytest.raises(
        Misconfigured, match="0001 was applied to this database and is not among ours"
    ):
        await migrate(blank_database, directory=files)


async def test_migration_numbered_below_applied_one_is_refused(
    blank_database: str, files: Path
) -> None:
    (files / "0001_first.sql").rename(files / "0000_first.sql")
    await migrate(blank_database, directory=files)
    (files / "0001_late.sql").write_text("SELECT 1;")
    with pytest.raises(Misconfigured, match="give it the next number"):
        await migrate(blank_database, directory=files)


async def test_older_release_accepts_newer_schema(blank_database: str, files: Path) -> None:
    await migrate(blank_database, directory=files)
    (files / "0002_index.sql").unlink()
    assert await migrate(blank_database, directory=files) == ()


async def test_failed_migration_is_rolled_back_and_releases_lock(
    blank_database: str, blank: Connection, files: Path
) -> None:
    broken = files / "0003_broken.sql"
    broken.write_text("CREATE TABLE half (id int); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(blank_database, directory=files)
    assert await blank.fetchval("SELECT to_regclass('half')") is None
    broken.write_text("CREATE TABLE half (id int);")
    assert await migrate(blank_database, directory=files) == (3,)


def test_duplicate_migration_number_is_refused(files: Path) -> None:
    (files / "0002_again.sql").write_text("SELECT 1;")
    with pytest.raises(Misconfigured, match="two migrations are numbered 2"):
        read_migrations(files)


INFINITE = """
INSERT INTO incident (id, number, priority, impact, urgency, title, source, occurred_at,
                      recorded_at, updated_at, policy, ledger, version, timeline_hash, hold_until)
VALUES (1, 'INC-1', 3, 'group', 'normal', 't', 'generic', now(), now(), now(), 'p', '[]', 1, '',
    'infinity');
INSERT INTO timer (incident_id, kind, shard, armed, due_at)
VALUES (1, 4, 1, true, 'infinity'), (1, 3, 1, true, '-infinity'),
  (1, 1, 1, true, '2026-11-29 12:00+00'), (1, 2, 1, false, NULL);
INSERT INTO silence (id, matchers, starts_at, ends_at, created_by, comment, updated_at)
VALUES (gen_random_uuid(), '[]', now(), 'infinity', '', '', now());
INSERT INTO api_key (prefix, secret_hash, name, scopes, created_at, expires_at)
VALUES ('p', '', 'k', '{}', now(), '30000-01-01');
"""

TIMES = """
SELECT due_at FROM timer WHERE due_at IS NOT NULL UNION ALL SELECT hold_until FROM incident
UNION ALL SELECT ends_at FROM silence
UNION ALL SELECT expires_at FROM api_key
"""


async def test_times_migration_clamps_infinite_times_and_timer_refuses_new_ones(
    blank_database: str, blank: Connection, tmp_path: Path
) -> None:
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0024":
            (tmp_path / file.name).write_text(file.read_text())
    await migrate(blank_database, directory=tmp_path)
    await blank.execute(INFINITE)
    await migrate(blank_database)
    times = [row[0] for row in await blank.fetch(TIMES)]
    assert sorted(set(times)) == [EARLIEST, datetime(2026, 11, 29, 12, tzinfo=UTC), LATEST]
    assert len(times) == 6
    with pytest.raises(asyncpg.CheckViolationError):
        await blank.execute("UPDATE timer SET due_at = 'infinity'")
    assert await blank.fetchval(
        "SELECT convalidated FROM pg_constraint WHERE conname = 'timer_due_at_is_kept'"
    )


async def test_times_migration_is_repeatable(blank_database: str, blank: Connection) -> None:
    await migrate(blank_database)
    await blank.execute((MIGRATIONS / "0024_times.sql").read_text())
    assert (
        await blank.fetchval(
            "SELECT count(*) FROM pg_constraint WHERE conname = 'timer_due_at_is_kept'"
        )
        == 1
    )
