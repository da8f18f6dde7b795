"""Escalation policies in the database, with every version that records may keep."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec
from asyncpg import Record

from gateway.db.pool import Connection, transaction_block
from gateway.db.versioned import check_version, fetch_found
from gateway.errors import Conflict
from gateway.escalation.policies.book import PolicyBook
from gateway.escalation.policies.policy import EscalationPolicy, PolicyDefinition

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(PolicyDefinition).decode

MOST_VERSIONS = 5_000
"""The most versions that are kept in memory, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """An escalation policy as it is stored, in its present version."""

    slug: str
    active: bool
    version: int
    definition: PolicyDefinition
    created_at: datetime
    updated_at: datetime


POLICIES = (
    "SELECT slug, active, version, definition::text AS definition, created_at, updated_at "
    "FROM escalation_policy "
)


def _of(row: Record) -> StoredPolicy:
    return StoredPolicy(**{**row, "definition": _decode(row["definition"])})


LIST = POLICIES + "WHERE slug > $1::text ORDER BY slug LIMIT $2::int"


async def page(conn: Connection, after: str, limit: int) -> list[StoredPolicy]:
    """Return policies whose slug sorts after `after`."""
    return [_of(row) for row in await conn.fetch(LIST, after, limit)]


BY_SLUG = POLICIES + "WHERE slug = $1"
BY_SLUG_LOCKED = POLICIES + "WHERE slug = $1 FOR UPDATE"


async def by_slug(conn: Connection, slug: str, *, lock: bool = False) -> StoredPolicy:
    """Return a policy, with `lock` unchanged until the transaction ends; raises NotFound."""
    statement = BY_SLUG_LOCKED if lock else BY_SLUG
    return _of(await fetch_found(conn, statement, slug, f"there is no policy {slug}"))


MAKE = """
INSERT INTO escalation_policy (slug, definition, created_at, updated_at)
VALUES ($1, $2::json, moment($3), moment($3))
"""
KEEP_VERSION = """
INSERT INTO escalation_policy_version (slug, version, definition, made_at, made_by)
SELECT slug, version, definition, updated_at, $2 FROM escalation_policy WHERE slug = $1
"""


async def create(
    conn: Connection, slug: str, definition: PolicyDefinition, by: str, stamp: datetime | None
) -> StoredPolicy:
    """Create a policy, in the caller's transaction; raises Conflict if its slug is taken."""
    try:
        async with transaction_block(conn):
            await conn.execute(MAKE, slug, _encode(definition).decode(), stamp)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"there is a policy {slug} already") from error
    await conn.execute(KEEP_VERSION, slug, by)
    return await by_slug(conn, slug)


CHANGE = """
UPDATE escalation_policy SET definition = $2::json, active = $3, version = version + 1,
  updated_at = moment($4)
WHERE slug = $1
"""


async def change(
    conn: Connection,
    slug: str,
    definition: PolicyDefinition,
    *,
    active: bool,
    by: str,
    stamp: datetime | None,
    if_match: int | None,
) -> StoredPolicy:
    """Give a policy a new version, in the caller's transaction.

    Records that opened under an older version keep it. Without a difference nothing changes.
    Raises NotFound and VersionMismatch.
    """
    known = await by_slug(conn, slug, lock=True)
    check_version(slug, known.version, if_match)
    if (known.definition, known.active) == (definition, active):
        return known
    await conn.execute(CHANGE, slug, _encode(definition).decode(), active, stamp)
    await conn.execute(KEEP_VERSION, slug, by)
    return await by_slug(conn, slug)


CHANGES = "SELECT coalesce(sum(version), 0)::int FROM escalation_policy"
VERSIONS = """
SELECT v.slug, v.version, v.definition::text AS definition,
  p.active AND p.version = v.version AS current
FROM escalation_policy_version v JOIN escalation_policy p USING (slug)
ORDER BY v.made_at DESC, v.slug, v.version DESC LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """The policies at one time; `changes` counts all changes of all policies."""

    changes: int = 0
    versions: tuple[tuple[EscalationPolicy, bool], ...] = ()
    """Every version, with whether it is in force."""

    def book(self) -> PolicyBook:
        """Return the policies in the order they are chosen, with older versions."""
        current = [policy for policy, in_force in self.versions if in_force]
        return PolicyBook(
            tuple(sorted(current, key=lambda one: (one.definition.rank, one.slug))),
            {(policy.slug, policy.version): policy for policy, _ in self.versions},
        )


async def read(conn: Connection, before: PolicyReading | None) -> PolicyReading:
    """Return the policies; the reading before while none of them has changed."""
    changes = await conn.fetchval(CHANGES)
    if before is not None and before.changes == changes:
        return before
    rows = await conn.fetch(VERSIONS, MOST_VERSIONS)
    return PolicyReading(
        changes,
        tuple(
            (
                EscalationPolicy(row["slug"], row["version"], _decode(row["definition"])),
                row["current"],
            )
            for row in rows
        ),
    )
