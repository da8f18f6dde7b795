"""The migration runner: applies numbered SQL files, forward only, each once.

A file is one transaction. One that begins with the line `-- outside a transaction` holds a
single statement that PostgreSQL refuses inside of one, such as CREATE INDEX CONCURRENTLY.
Several replicas may start at once: one applies, the others wait. They poll for the lock, never
wait inside a statement, because a statement that waits for a lock holds a snapshot, and CREATE
INDEX CONCURRENTLY waits for that in turn.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import asyncpg

from gateway.db.pool import Connection, unavailable_when_down
from gateway.errors import Misconfigured, Unavailable
from gateway.timing.clock import Clock, SystemClock

MIGRATIONS = Path(__file__).parent / "migrations"
OUTSIDE = "-- outside a transaction\n"
WAIT_WITHIN = 120.0
"""Seconds to wait for another replica that migrates."""

ALSO_APPLIED: Mapping[int, bytes] = {
    48: bytes.fromhex("468d70975fa3ec3ccea99e70b643c154f41607f659fbd6e78b1187b59d78fee3")
}
"""Checksums of texts with the same statements that databases may have applied instead.

For one day 0048 had another comment.
"""

SELECT_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('gateway.migrate', 0))"
SELECT_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('gateway.migrate', 0))"


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> bytes:
        """SHA-256 of the text: a file that was applied anywhere never changes again."""
        return hashlib.sha256(self.sql.encode()).digest()


def read_migrations(directory: Path = MIGRATIONS) -> tuple[Migration, ...]:
    """Return all files NNNN_what.sql by number; raises Misconfigured for a duplicate number."""
    found = sorted(directory.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    migrations = tuple(
        Migration(int(path.name[:4]), path.stem[5:], path.read_text("utf-8")) for path in found
    )
    for one, next_one in pairwise(migrations):
        if one.version == next_one.version:
            raise Misconfigured(
                f"two migrations are numbered {one.version}: {one.name} and {next_one.name}"
            )
    return migrations


async def migrate(
    url: str, *, directory: Path = MIGRATIONS, clock: Clock | None = None
) -> tuple[int, ...]:
    """Apply the missing migrations and return their numbers.

    Raises Misconfigured when an applied file was changed or is gone, and Unavailable when the
    server is down.
    """
    migrations = read_migrations(directory)
    with unavailable_when_down():
        connection = await asyncpg.connect(
            url,
            timeout=10,
            server_settings={"application_name": "gateway-migrate", "lock_timeout": "5s"},
        )
        try:
            await _lock(connection, clock or SystemClock())
            try:
                return await _apply_missing(connection, migrations)
            finally:
                await connection.execute(SELECT_UNLOCK)
        finally:
            await connection.close(timeout=5)


async def _lock(connection: Connection, clock: Clock) -> None:
    until = clock.monotonic() + WAIT_WITHIN
    while not await connection.fetchval(SELECT_LOCK):
        if clock.monotonic() > until:
            raise Unavailable(f"another replica has been migrating for {WAIT_WITHIN:.0f} s")
        await clock.sleep(0.1)


async def _apply_missing(
    connection: Connection, migrations: tuple[Migration, ...]
) -> tuple[int, ...]:
    applied = await _applied(connection)
    _refuse_rewritten_history(migrations, applied)
    missing = [migration for migration in migrations if migration.version not in applied]
    for migration in missing:
        if migration.sql.startswith(OUTSIDE):
            await connection.execute(migration.sql)
            await _record(connection, migration)
        else:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await _record(connection, migration)
    return tuple(migration.version for migration in missing)


def _refuse_rewritten_history(
    migrations: tuple[Migration, ...], applied: Mapping[int, bytes]
) -> None:
    """Raise Misconfigured if an applied migration was changed, removed or preceded by a new one.

    A number above the newest known one belongs to a newer release, which keeps the schema usable
    for this one.
    """
    known = {migration.version: migration for migration in migrations}
    newest = max(known, default=0)
    for version, checksum in applied.items():
        if version in known and checksum not in (
            known[version].checksum,
            ALSO_APPLIED.get(version),
        ):
            raise Misconfigured(
                f"migration {version:04} ({known[version].name}) was changed "
                "after it was applied: restore it"
            )
        if version not in known and version < newest:
            raise Misconfigured(
                f"migration {version:04} was applied to this database and "
                "is not among ours: restore it"
            )
    if missing := [
        version for version in known if version not in applied and version < max(applied, default=0)
    ]:
        raise Misconfigured(
            f"migration {missing[0]:04} is older than what was applied already: "
            "give it the next number"
        )


CREATE_HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migration (
  version int PRIMARY KEY,
  name text NOT NULL,
  checksum bytea NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)
"""
SELECT_TABLE = "SELECT to_regclass('schema_migration') IS NOT NULL"
SELECT_HISTORY = "SELECT version, checksum FROM schema_migration ORDER BY version"


async def _applied(connection: Connection) -> dict[int, bytes]:
    if not await connection.fetchval(SELECT_TABLE):
        await connection.execute(CREATE_HISTORY)
    return {row["version"]: row["checksum"] for row in await connection.fetch(SELECT_HISTORY)}


INSERT_HISTORY = "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)"


async def _record(connection: Connection, migration: Migration) -> None:
    await connection.execute(INSERT_HISTORY, migration.version, migration.name, migration.checksum)
