"""API keys: 256 random bits shown once, kept as a hash, looked up by a public prefix, revoked within seconds."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from gateway.clock import Clock
from gateway.db.pool import Connection, Pool, acquire
from gateway.errors import NotFound, Unauthenticated

BELIEVED_FOR = 3.0
"""Seconds a looked-up key is believed before it is looked up again, so that a revocation bites within five."""

REMEMBERED = 10_000
"""Keys remembered at once; unknown ones are never remembered."""

SHAPE = re.compile(r"gwk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")


class Scope(StrEnum):
    """What a key may do; admin may do everything."""

    INGEST = "ingest"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is."""

    id: int
    name: str
    scopes: frozenset[Scope]
    integration_id: int | None

    def may(self, scope: Scope) -> bool:
        """Whether the key covers `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key without its secret."""

    id: int
    prefix: str
    name: str
    scopes: tuple[str, ...]
    integration_id: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


INSERT = """
INSERT INTO api_key (prefix, secret_hash, name, scopes, integration_id, created_at, expires_at)
VALUES ($1::text, $2::bytea, $3::text, $4::text[], $5::int, coalesce($6::timestamptz, statement_timestamp()), $7::timestamptz)
RETURNING id, prefix, name, scopes, integration_id, created_at, expires_at, revoked_at
"""


async def create(
    conn: Connection,
    name: str,
    scopes: frozenset[Scope],
    stamp: datetime | None,
    *,
    integration_id: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, KeyInfo]:
    """A new key: the text to hand over, which is nowhere kept, and what is kept."""
    prefix = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(12))
    text = f"gwk_{prefix}_{secrets.token_urlsafe(32)}"
    row = await conn.fetchrow(
        INSERT, prefix, sha256(text.encode()).digest(), name, sorted(scopes), integration_id, stamp, expires_at
    )
    assert row is not None  # noqa: S101 - an INSERT returns its row
    return text, KeyInfo(**{**row, "scopes": tuple(row["scopes"])})


LIST = """
SELECT id, prefix, name, scopes, integration_id, created_at, expires_at, revoked_at FROM api_key ORDER BY id LIMIT 1000
"""


async def everything(conn: Connection) -> list[KeyInfo]:
    """All keys, revoked ones too."""
    return [KeyInfo(**{**row, "scopes": tuple(row["scopes"])}) for row in await conn.fetch(LIST)]


REVOKE = """
UPDATE api_key SET revoked_at = coalesce(revoked_at, $2::timestamptz, statement_timestamp()) WHERE id = $1::int RETURNING id
"""


async def revoke(conn: Connection, key_id: int, stamp: datetime | None) -> None:
    """End a key; raises NotFound. Every replica refuses it within five seconds."""
    if await conn.fetchval(REVOKE, key_id, stamp) is None:
        raise NotFound(f"there is no key {key_id}")


REVOKE_ALL = """
UPDATE api_key SET revoked_at = coalesce($2::timestamptz, statement_timestamp())
WHERE person_id = $1::int AND revoked_at IS NULL AND ($3::int IS NULL OR id <> $3::int) AND (session OR NOT $4::bool)
"""


async def revoke_all_of(
    conn: Connection, person_id: int, stamp: datetime | None, *, but: int | None = None, sessions_only: bool = False
) -> None:
    """End the keys of a person, except the one of id `but`."""
    await conn.execute(REVOKE_ALL, person_id, stamp, but, sessions_only)


LOOK_UP = """
SELECT id, name, scopes, integration_id, secret_hash, expires_at, coalesce($2::timestamptz, statement_timestamp()) AS now
FROM api_key
WHERE prefix = $1::text AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > coalesce($2::timestamptz, statement_timestamp()))
"""


class KeyRing:
    """Recognises keys, asking the database again every few seconds."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool, self._clock = pool, clock
        self._believed: dict[bytes, tuple[float, Caller]] = {}

    async def recognise(self, text: str) -> Caller:
        """Whose key this is; raises Unauthenticated, and Unavailable when that cannot be told."""
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        until, caller = self._believed.get(digest, (0.0, None))
        if caller is not None and self._clock.monotonic() < until:
            return caller
        return await self._look_up(text, digest)

    async def _look_up(self, text: str, digest: bytes) -> Caller:
        self._believed.pop(digest, None)
        shape = SHAPE.fullmatch(text)
        if shape is None:
            raise Unauthenticated("this is not a key of the gateway")
        async with acquire(self._pool) as conn:
            row = await conn.fetchrow(LOOK_UP, shape[1], self._clock.stamp())
        known = row["secret_hash"] if row is not None else bytes(32)
        if not hmac.compare_digest(known, digest) or row is None:
            raise Unauthenticated("the key is unknown, revoked or expired")
        caller = Caller(row["id"], row["name"], frozenset(Scope(s) for s in row["scopes"]), row["integration_id"])
        if len(self._believed) >= REMEMBERED:
            self._believed.clear()
        self._believed[digest] = (self._clock.monotonic() + self._trusted(row["expires_at"], row["now"]), caller)
        return caller

    @staticmethod
    def _trusted(expires_at: datetime | None, now: datetime) -> float:
        return BELIEVED_FOR if expires_at is None else min(BELIEVED_FOR, (expires_at - now) / timedelta(seconds=1))
