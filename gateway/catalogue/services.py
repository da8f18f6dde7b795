"""Services of the catalogue in the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from gateway.catalogue.model import Service
from gateway.db.pool import Connection
from gateway.db.versioned import (
    Checks,
    check_fields,
    check_version,
    fetch_found,
    written_fields,
)
from gateway.errors import Conflict, Flaw, Unprocessable
from gateway.vocabulary import Criticality

GROUPS = ("owner_group", "desk_group", "tier2_group", "tier3_group")
CHECKS: Checks = {
    "name": str,
    "description": str,
    **dict.fromkeys(GROUPS, str),
    "criticality": Criticality,
    "support_hours": str,
    "policy": str,
    "targets": dict,
    "aliases": list,
    "active": bool,
}
"""The fields of a service that can be written, beside its slug, and the check of each."""

SERVICES = """
SELECT slug, name, description,
  coalesce(owner_group, '') AS owner_group, coalesce(desk_group, '') AS desk_group,
  coalesce(tier2_group, '') AS tier2_group, coalesce(tier3_group, '') AS tier3_group,
  criticality, support_hours, policy, targets,
  aliases, active, version, created_at, updated_at
FROM service
"""


def service_of(row: Record) -> Service:
    """Return the service in a row of SERVICES."""
    targets = msgspec.json.decode(row["targets"], type=dict[str, dict[str, str]])
    values = {
        "criticality": Criticality(row["criticality"]),
        "targets": targets,
        "aliases": tuple(row["aliases"]),
    }
    return Service(**{**row, **values})


ALL = SERVICES + "WHERE active ORDER BY slug"


async def every(conn: Connection) -> list[Service]:
    """Return every active service."""
    return [service_of(row) for row in await conn.fetch(ALL)]


LIST = (
    SERVICES + "WHERE slug > $1::text AND ($2::bool IS NULL OR active = $2::bool) "
    "ORDER BY slug LIMIT $3::int"
)


async def page(
    conn: Connection, after: str, limit: int, *, active: bool | None = None
) -> list[Service]:
    """Return services whose slug sorts after `after`."""
    return [service_of(row) for row in await conn.fetch(LIST, after, active, limit)]


BY_SLUG = SERVICES + "WHERE slug = $1"
LOCKED = SERVICES + "WHERE slug = $1 FOR UPDATE"


async def by_slug(conn: Connection, slug: str, *, lock: bool = False) -> Service:
    """Return the service of that slug; raises NotFound.

    With `lock` it stays unchanged until the transaction ends.
    """
    statement = LOCKED if lock else BY_SLUG
    return service_of(await fetch_found(conn, statement, slug, f"there is no service {slug}"))


INSERT = """
INSERT INTO service (slug, name, description, owner_group, desk_group, tier2_group, tier3_group,
  criticality, support_hours,
  policy, targets, aliases, active, created_at, updated_at)
SELECT $1::text, $2::text, $3::text, nullif($4::text, ''), nullif($5::text, ''),
  nullif($6::text, ''), nullif($7::text, ''),
  $8::text, $9::text, $10::text, $11::json, $12::text[], $13::bool, t.now, t.now
FROM moment($14) AS t (now)
"""


async def create(
    conn: Connection, slug: str, fields: Mapping[str, Any], stamp: datetime | None
) -> Service:
    """Create a service with all fields of CHECKS, in a transaction of the caller's.

    Raises Conflict for a slug that is taken, Unprocessable for groups that do not exist.
    """
    await _check_groups(conn, fields)
    try:
        await conn.execute(INSERT, slug, *_values(check_fields(CHECKS, fields)), stamp)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("there is a service of this slug already") from error
    return await by_slug(conn, slug)


UPDATE = """
UPDATE service SET name = $2, description = $3,
  owner_group = nullif($4::text, ''), desk_group = nullif($5::text, ''),
  tier2_group = nullif($6::text, ''), tier3_group = nullif($7::text, ''),
  criticality = $8, support_hours = $9, policy = $10,
  targets = $11::json, aliases = $12::text[], active = $13, version = version + 1,
  updated_at = moment($14)
WHERE slug = $1
"""


async def change(
    conn: Connection,
    slug: str,
    changes: Mapping[str, Any],
    stamp: datetime | None,
    *,
    if_match: int | None = None,
) -> Service:
    """Change a service and return it, in a transaction of the caller's.

    Changing nothing writes nothing. Raises NotFound, VersionMismatch, and Unprocessable for a
    group that does not exist.
    """
    before = await by_slug(conn, slug, lock=True)
    check_version(slug, before.version, if_match)
    present = written_fields(CHECKS, before)
    wanted = present | check_fields(CHECKS, changes)
    if wanted == present:
        return before
    await _check_groups(conn, changes)
    await conn.execute(UPDATE, slug, *_values(wanted), stamp)
    return await by_slug(conn, slug)


def _values(fields: Mapping[str, Any]) -> list[Any]:
    return [
        msgspec.json.encode(value).decode() if name == "targets" else value
        for name, value in fields.items()
    ]


KNOWN = "SELECT slug FROM staff_group WHERE slug = ANY($1::text[]) AND active FOR SHARE"


async def _check_groups(conn: Connection, fields: Mapping[str, Any]) -> None:
    asked = {name: fields[name] for name in GROUPS if fields.get(name)}
    known = {row["slug"] for row in await conn.fetch(KNOWN, list(asked.values()))}
    flaws = tuple(
        Flaw(f"/{name}", f"no active group has the slug {slug}")
        for name, slug in asked.items()
        if slug not in known
    )
    if flaws:
        raise Unprocessable(flaws[0].detail, flaws=flaws)
