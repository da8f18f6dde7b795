"""API keys: 256 random bits shown once, stored as a hash, looked up by a public prefix.

A revocation takes effect within seconds.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from asyncpg import Record

from gateway.access.principal import (
    NOBODY,
    MachineRole,
    Principal,
    PrincipalRole,
    principal_of_person,
)
from gateway.db.pool import Connection, Pool, acquire
from gateway.directory.roles import Role, parse_roles
from gateway.errors import NotFound, Unauthenticated
from gateway.timing.clock import Clock

BELIEVED_FOR = 3.0
"""Seconds for which a key that was looked up is cached, so that a revocation acts within five."""

REMEMBERED = 10_000
"""The greatest number of keys in the cache; unknown ones are never cached."""

SHAPE = re.compile(r"gwk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")


class Scope(StrEnum):
    """The permission that a key carries; `admin` includes all others."""

    INGEST = "ingest"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key: its id and name, its scopes, and the principal that it acts as."""

    id: int
    name: str
    scopes: frozenset[Scope]
    integration_id: int | None
    who: Principal = NOBODY
    person_id: int | None = None
    session: bool = False

    def may(self, scope: Scope) -> bool:
        """Return whether the key covers `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


NO_CALLER = Caller(0, "", frozenset(), None)
"""The caller of a request without a key."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """An API key without its secret; `person` is the login of its owner, null for a machine's key.

    A `privy` key with the scope `admin` may see security incidents.
    """

    id: int
    prefix: str
    name: str
    scopes: tuple[str, ...]
    integration_id: int | None
    person: str | None
    session: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    privy: bool


INSERT = """
INSERT INTO api_key (prefix, secret_hash, name, scopes, integration_id, created_at, expires_at,
  person_id, session, privy)
VALUES ($1::text, $2::bytea, $3::text, $4::text[], $5::int, moment($6), $7::timestamptz,
  $8::int, $9::bool, $10::bool)
RETURNING id, prefix, name, scopes, integration_id,
  (SELECT login FROM person WHERE id = $8::int) AS person, session, created_at,
  expires_at, revoked_at, privy
"""


async def create(  # noqa: PLR0913 - the columns of a key
    conn: Connection,
    name: str,
    scopes: frozenset[Scope],
    stamp: datetime | None,
    *,
    integration_id: int | None = None,
    expires_at: datetime | None = None,
    person_id: int | None = None,
    session: bool = False,
    privy: bool = True,
) -> tuple[str, KeyInfo]:
    """Create a key; return its text, which is stored nowhere, and its stored description.

    A key of no person with the scope `admin` may see security incidents if its creator may
    (`privy`).
    """
    prefix = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(12))
    text = f"gwk_{prefix}_{secrets.token_urlsafe(32)}"
    row = await conn.fetchrow(
        INSERT,
        prefix,
        sha256(text.encode()).digest(),
        name,
        sorted(scopes),
        integration_id,
        stamp,
        expires_at,
        person_id,
        session,
        privy and person_id is None and Scope.ADMIN in scopes,
    )
    assert row is not None  # noqa: S101 - an INSERT returns its row
    return text, KeyInfo(**{**row, "scopes": tuple(row["scopes"])})


KEYS = """
SELECT k.id, k.prefix, k.name, k.scopes, k.integration_id, p.login AS person, k.session,
  k.created_at, k.expires_at, k.revoked_at,
  k.privy
FROM api_key k LEFT JOIN person p ON p.id = k.person_id
"""
LIST = KEYS + "WHERE NOT k.session ORDER BY k.id LIMIT 1000"


async def all_keys(conn: Connection) -> list[KeyInfo]:
    """Return all keys, revoked ones too, but no sessions."""
    return [KeyInfo(**{**row, "scopes": tuple(row["scopes"])}) for row in await conn.fetch(LIST)]


OWN = (
    KEYS
    + """
WHERE k.person_id = $1 AND k.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > moment($2)) ORDER BY k.id LIMIT 1000
"""
)


async def keys_of_person(conn: Connection, person_id: int, stamp: datetime | None) -> list[KeyInfo]:
    """Return the valid keys and sessions of a person."""
    return [
        KeyInfo(**{**row, "scopes": tuple(row["scopes"])})
        for row in await conn.fetch(OWN, person_id, stamp)
    ]


REVOKE = """
UPDATE api_key SET revoked_at = coalesce(revoked_at, moment($2))
WHERE id = $1::int AND ($3::int IS NULL OR person_id = $3::int) RETURNING id
"""


async def revoke(
    conn: Connection, key_id: int, stamp: datetime | None, *, person_id: int | None = None
) -> None:
    """Revoke a key, with `person_id` only one of that person's; raise NotFound if there is none.

    Every replica refuses it within five seconds.
    """
    if await conn.fetchval(REVOKE, key_id, stamp, person_id) is None:
        raise NotFound(f"there is no key {key_id}")


LOOK_UP = """
SELECT k.id, k.name, k.scopes, k.integration_id, k.secret_hash, k.expires_at, k.person_id,
  k.session, k.privy,
  p.login, p.email, p.phone, p.roles,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups,
  moment($2) AS now
FROM api_key k LEFT JOIN person p ON p.id = k.person_id
WHERE k.prefix = $1::text AND k.revoked_at IS NULL AND (k.person_id IS NULL OR p.active)
  AND (k.expires_at IS NULL OR k.expires_at > moment($2))
"""


def caller_of(row: Record) -> Caller:
    """Return the caller of a row of LOOK_UP.

    A person has their roles, a machine those that its scopes stand for.
    """
    scopes = frozenset(Scope(scope) for scope in row["scopes"])
    if row["person_id"] is None:
        who = Principal(name=row["name"], parts=_standing_in(scopes, privy=row["privy"]))
        return Caller(row["id"], row["name"], scopes, row["integration_id"], who)
    roles = parse_roles(row["roles"])
    if Role.ADMINISTRATOR not in roles:
        scopes -= {Scope.ADMIN}
    who = principal_of_person(row["login"], row["email"], row["phone"], roles, row["groups"])
    return Caller(
        row["id"],
        row["login"],
        scopes - {Scope.INGEST},
        None,
        who,
        row["person_id"],
        row["session"],
    )


def _standing_in(scopes: frozenset[Scope], *, privy: bool) -> frozenset[PrincipalRole]:
    parts: set[PrincipalRole] = set()
    if Scope.ADMIN in scopes:
        parts |= {Role.ADMINISTRATOR, MachineRole.WRITER}
        if privy:
            parts.add(Role.INCIDENT_MANAGER)
    if Scope.WRITE in scopes:
        parts.add(MachineRole.WRITER)
    if Scope.READ in scopes:
        parts.add(MachineRole.READER)
    return frozenset(parts)


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


class KeyRing:
    """A cache of keys that looks each up in the database again every few seconds."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool, self._clock = pool, clock
        self._believed: dict[bytes, tuple[float, Caller]] = {}
        self._recognised: set[bytes] = set()

    def has_recognised(self, text: str) -> bool:
        """Return whether this text was a valid key when it last came; nothing is looked up."""
        return _digest(text) in self._recognised

    def believed(self, text: str) -> Caller | None:
        """Return the caller of this key if it was looked up a moment ago, else None."""
        until, caller = self._believed.get(_digest(text), (0.0, None))
        return caller if self._clock.monotonic() < until else None

    async def recognise(self, text: str) -> Caller:
        """Return the caller of this key.

        Raises Unauthenticated, or Unavailable if it cannot be looked up.
        """
        return self.believed(text) or await self._look_up(text, _digest(text))

    async def _look_up(self, text: str, digest: bytes) -> Caller:
        self._believed.pop(digest, None)
        shape = SHAPE.fullmatch(text)
        if shape is None:
            raise Unauthenticated("this is not a key of the gateway")
        async with acquire(self._pool) as conn:
            row = await conn.fetchrow(LOOK_UP, shape[1], self._clock.stamp())
        known = row["secret_hash"] if row is not None else bytes(32)
        if not hmac.compare_digest(known, digest) or row is None:
            self._recognised.discard(digest)
            raise Unauthenticated("the key is unknown, revoked or expired")
        caller = caller_of(row)
        if len(self._believed) >= REMEMBERED:
            self._believed.clear()
        if len(self._recognised) >= REMEMBERED:
            self._recognised.clear()
        self._recognised.add(digest)
        self._believed[digest] = (
            self._clock.monotonic() + self._trusted(row["expires_at"], row["now"]),
            caller,
        )
        return caller

    def forget(self, key_id: int) -> None:
        """Drop a key from the cache, so that this replica refuses it at once after a revocation."""
        for digest in [
            digest for digest, (_, caller) in self._believed.items() if caller.id == key_id
        ]:
            del self._believed[digest]

    @staticmethod
    def _trusted(expires_at: datetime | None, now: datetime) -> float:
        return (
            BELIEVED_FOR
            if expires_at is None
            else min(BELIEVED_FOR, (expires_at - now) / timedelta(seconds=1))
        )
