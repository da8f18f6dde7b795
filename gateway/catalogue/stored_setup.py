"""Recipients of roles and routing rules in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from gateway.db.pool import Connection
from gateway.db.versioned import check_version
from gateway.errors import NotFound
from gateway.settings import Routing

Rules = tuple[Routing, ...]
_decode = msgspec.json.Decoder(Rules).decode


@dataclass(frozen=True, slots=True)
class StoredRouting:
    """The stored routing rules, of version 0 where there are none."""

    rules: Rules = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class StoredSetup:
    """The recipients of roles and the routing rules that administrators keep by the API."""

    recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    routing: StoredRouting = StoredRouting()


RECIPIENTS = "SELECT role, targets FROM role_recipient ORDER BY role"
ROUTING = "SELECT rules::text AS rules, version FROM routing_list"
ROUTING_LOCKED = ROUTING + " FOR UPDATE"


async def read(conn: Connection) -> StoredSetup:
    """Return what is stored."""
    rows = await conn.fetch(RECIPIENTS)
    return StoredSetup({row["role"]: tuple(row["targets"]) for row in rows}, await routing(conn))


async def routing(conn: Connection, *, lock: bool = False) -> StoredRouting:
    """Return the stored routing rules."""
    row = await conn.fetchrow(ROUTING_LOCKED if lock else ROUTING)
    return StoredRouting() if row is None else StoredRouting(_decode(row["rules"]), row["version"])


PUT_RECIPIENTS = """
INSERT INTO role_recipient (role, targets, updated_at, updated_by) VALUES ($1, $2, moment($3), $4)
ON CONFLICT (role) DO UPDATE SET targets = excluded.targets, updated_at = excluded.updated_at,
  updated_by = excluded.updated_by
"""


async def put_recipients(
    conn: Connection, role: str, targets: Sequence[str], by: str, stamp: datetime | None
) -> None:
    """Store the recipients of a role."""
    await conn.execute(PUT_RECIPIENTS, role, list(targets), stamp, by)


FORGET = "DELETE FROM role_recipient WHERE role = $1 RETURNING role"


async def forget_recipients(conn: Connection, role: str) -> None:
    """Delete the stored recipients of a role: those of the configuration are back; NotFound."""
    if await conn.fetchval(FORGET, role) is None:
        raise NotFound(f"no recipients are stored for the role {role!r}")


PUT_ROUTING = """
INSERT INTO routing_list (rules, version, updated_at, updated_by)
VALUES ($1::json, 1, moment($2), $3)
ON CONFLICT (single) DO UPDATE SET rules = excluded.rules, version = routing_list.version + 1,
  updated_at = excluded.updated_at, updated_by = excluded.updated_by
"""


async def put_routing(
    conn: Connection, rules: Rules, by: str, stamp: datetime | None, *, if_match: int | None
) -> StoredRouting:
    """Replace the stored routing rules, in the caller's transaction; raises VersionMismatch."""
    known = await routing(conn, lock=True)
    check_version("the list of routing rules", known.version, if_match)
    await conn.execute(PUT_ROUTING, msgspec.json.encode(rules).decode(), stamp, by)
    return await routing(conn)
