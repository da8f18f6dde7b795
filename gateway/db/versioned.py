"""Reading and changing one row of a table whose rows have a version."""

from collections.abc import Callable, Mapping
from typing import Any

from asyncpg import Record

from gateway.db.pool import Connection
from gateway.errors import NotFound, VersionMismatch

Checks = Mapping[str, Callable[[Any], Any]]
"""The fields that can be written, in the order of the statements, and the check of each."""


async def fetch_found(conn: Connection, statement: str, key: object, missing: str) -> Record:
    """Return the row of that key; raises NotFound with `missing`."""
    row = await conn.fetchrow(statement, key)
    if row is None:
        raise NotFound(missing)
    return row


def check_version(name: str, version: int, if_match: int | None) -> None:
    """Raise VersionMismatch unless the row is at the version `if_match`, if one is asked for."""
    if if_match is not None and version != if_match:
        raise VersionMismatch(f"{name} is at version {version}: read it again", version=version)


def check_fields(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given fields, checked, in the order of `checks`."""
    return {name: check(given[name]) for name, check in checks.items() if name in given}


def written_fields(checks: Checks, row: object) -> dict[str, Any]:
    """Return the fields of a row as checks return them: lists for tuples, sorted ones for sets."""
    return {name: _plain(getattr(row, name)) for name in checks}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value
