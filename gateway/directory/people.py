"""People in the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
from asyncpg import Record

from gateway.db.pool import Connection
from gateway.db.versioned import (
    Checks,
    check_fields,
    check_version,
    fetch_found,
    written_fields,
)
from gateway.directory import person as check
from gateway.directory.person import Person
from gateway.directory.roles import Role, parse_roles
from gateway.errors import Conflict, NotFound

PEOPLE = """
SELECT p.id, p.login, p.name, p.email, p.phone, p.locale, p.zone, p.active, p.roles, p.skills,
  p.version, p.created_at,
  p.updated_at,
array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
      WHERE m.person_id = p.id AND g.active ORDER BY g.slug) AS groups
FROM person p
"""

CHECKS: Checks = {
    "login": check.login,
    "name": str,
    "email": check.email,
    "phone": check.phone,
    "locale": str,
    "zone": check.zone,
    "active": bool,
    "roles": sorted,
    "skills": check.normalize_skills,
}
"""The fields of a person that can be written, and the check of each."""


def person_of(row: Record) -> Person:
    """Return the person in a row of PEOPLE."""
    lists = {"roles": parse_roles(row["roles"]), "skills": tuple(row["skills"])}
    return Person(**{**row, **lists, "groups": tuple(row["groups"])})


LIST = (
    PEOPLE
    + """
WHERE p.login > $1::text AND ($2::bool IS NULL OR p.active = $2::bool)
  AND ($3::text IS NULL OR $3::text = ANY(p.roles))
ORDER BY p.login LIMIT $4::int
"""
)


async def page(
    conn: Connection,
    after: str,
    limit: int,
    *,
    active: bool | None = None,
    role: Role | None = None,
) -> list[Person]:
    """Return people whose login sorts after `after`."""
    return [person_of(row) for row in await conn.fetch(LIST, after, active, role, limit)]


BY_LOGIN = PEOPLE + "WHERE p.login = $1"
LOCK = "SELECT id FROM person WHERE login = $1 FOR UPDATE"


async def by_login(conn: Connection, login: str, *, lock: bool = False) -> Person:
    """Return the person of that login; raises NotFound.

    With `lock` it stays unchanged until the transaction ends.
    """
    if lock:
        await conn.fetchval(LOCK, login)
    return person_of(await fetch_found(conn, BY_LOGIN, login, f"nobody has the login {login}"))


INSERT = """
INSERT INTO person (login, name, email, phone, locale, zone, active, roles, skills, created_at,
  updated_at)
SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::bool, $8::text[], $9::text[],
  t.now, t.now
FROM moment($10) AS t (now)
"""


async def create(conn: Connection, fields: Mapping[str, Any], stamp: datetime | None) -> Person:
    """Create a person with all fields of CHECKS.

    Raises Unprocessable, and Conflict for a login or address that is taken.
    """
    checked = check_fields(CHECKS, fields)
    try:
        await conn.execute(INSERT, *checked.values(), stamp)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("somebody has this login or e-mail address already") from error
    return await by_login(conn, checked["login"])


UPDATE = """
UPDATE person SET name = $2, email = $3, phone = $4, locale = $5, zone = $6, active = $7,
  roles = $8::text[], skills = $9::text[],
  version = version + 1, updated_at = moment($10)
WHERE login = $1
"""


async def change(
    conn: Connection,
    login: str,
    changes: Mapping[str, Any],
    stamp: datetime | None,
    *,
    if_match: int | None = None,
) -> Person:
    """Change a person and return them, in a transaction of the caller's.

    Changing nothing writes nothing. Raises NotFound, VersionMismatch, Unprocessable, and
    Conflict for an address that is somebody else's.
    """
    before = await by_login(conn, login, lock=True)
    check_version(login, before.version, if_match)
    present = written_fields(CHECKS, before)
    wanted = present | check_fields(CHECKS, changes)
    if wanted == present:
        return before
    try:
        await conn.execute(UPDATE, *wanted.values(), stamp)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("somebody else has this e-mail address") from error
    return await by_login(conn, login)


UNBIND = """
UPDATE person SET oidc_issuer = NULL, oidc_subject = NULL, version = version + 1,
  updated_at = moment($2)
WHERE login = $1 RETURNING id
"""


async def unbind_identity(conn: Connection, login: str, stamp: datetime | None) -> int:
    """Forget a person's identity at the identity provider: the next log-in there binds it anew.

    Returns the person's id; raises NotFound.
    """
    person_id: int | None = await conn.fetchval(UNBIND, login, stamp)
    if person_id is None:
        raise NotFound(f"nobody has the login {login}")
    return person_id
