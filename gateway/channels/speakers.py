"""Principals of people who report: a person of the directory, or an unknown reporter.

An unknown reporter is identified by nothing but the address they write or call from.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.access.credentials import is_revoked
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.directory.roles import Role, parse_roles

BY_EMAIL = """
SELECT p.login, p.email, p.phone, p.roles, p.locale,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups
FROM person p WHERE lower(p.email) = $1 AND p.active
"""


async def find_by_email(conn: Connection, address: str) -> tuple[Principal, str | None] | None:
    """Return the active person with that e-mail address and their language, or None."""
    row = await conn.fetchrow(BY_EMAIL, address) if address else None
    return None if row is None else (directory_principal(dict(row), address), row["locale"])


def reporter_rights_only(person: Principal, address: str) -> Principal:
    """Return a person of the directory with the rights of a reporter alone.

    Used for messages that do not prove who wrote them.
    """
    return Principal(
        name=address,
        parts=frozenset({Role.REPORTER}),
        identities=person.identities,
        contact=address,
    )


BY_PHONE = """
SELECT p.login, p.name, p.email, p.phone, p.roles, p.locale,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups
FROM person p WHERE p.phone = $1 AND p.active ORDER BY p.id LIMIT 2
"""


async def find_by_phone(conn: Connection, number: str) -> tuple[Principal, str | None, str]:
    """Return the principal of whoever calls from that number, their language and their name.

    A number that two people share identifies neither. The number of a call can be forged: it
    tells who reports and gives no right to act.
    """
    rows = await conn.fetch(BY_PHONE, number) if number else []
    if len(rows) != 1:
        return unknown_reporter(number, "phone"), None, ""
    return directory_principal(dict(rows[0]), number), rows[0]["locale"], rows[0]["name"]


BY_LOGIN = """
SELECT p.login, p.email, p.phone, p.roles, p.locale, p.credentials_since,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups
FROM person p WHERE p.login = $1 AND p.active
"""


async def find_by_login(
    conn: Connection, login: str, called_at: datetime
) -> tuple[Principal, str] | None:
    """Return the person the gateway called then and their language.

    None where nobody has the login, or all that was issued to them has ended since.
    """
    row = await conn.fetchrow(BY_LOGIN, login)
    if row is None or is_revoked(called_at, row["credentials_since"]):
        return None
    return (directory_principal(dict(row), row["phone"]), row["locale"])


def unknown_reporter(address: str, channel: str) -> Principal:
    """Return the principal of a reporter whom the directory does not know."""
    names = frozenset({address} if address else ())
    return Principal(
        name=address or channel, parts=frozenset({Role.REPORTER}), identities=names, contact=address
    )


def directory_principal(row: Mapping[str, Any], address: str) -> Principal:
    """Return the principal of a person of the directory who is to be answered at `address`."""
    names = frozenset(text.lower() for text in (row["login"], row["email"], row["phone"]) if text)
    return Principal(
        name=row["login"],
        parts=parse_roles(row["roles"]),
        groups=frozenset(row["groups"]),
        identities=names,
        contact=address,
    )
