"""Every SQL constant of the product is prepared by PostgreSQL on the migrated schema."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import asyncpg
import pytest

import gateway
from gateway.db.pool import Pool

STATEMENT = re.compile(r"\s*(?:--[^\n]*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|MERGE)\s", re.ASCII)


def statements() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every uppercase str constant that is an SQL statement."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if not module.name.endswith("__main__"):
            members = vars(importlib.import_module(module.name))
            yield from (
                (f"{module.name}.{name}", value)
                for name, value in members.items()
                if name.isupper() and isinstance(value, str) and STATEMENT.match(value)
            )


STATEMENTS = sorted(set(statements()))


@pytest.mark.parametrize(("name", "sql"), STATEMENTS, ids=[name for name, _ in STATEMENTS])
async def test_every_sql_constant_is_prepared_by_postgresql(
    pool: Pool, name: str, sql: str
) -> None:
    try:
        async with pool.acquire() as connection:
            await connection.prepare(sql)
    except asyncpg.PostgresError as error:
        raise AssertionError(f"{name}: {error}") from error


def test_sql_constants_are_collected() -> None:
    assert "gateway.db.migrate.SELECT_HISTORY" in dict(STATEMENTS)
