"""Idempotency-Key: the same request again changes nothing and is answered with what it made or changed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gateway.access.permissions import sight
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import IdempotencyMismatch, NotFound
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.operations.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key, and the hash of the request it was sent with; both 32 bytes, the key's hash covers the caller."""

    key_hash: bytes
    request_hash: bytes

    def part(self, name: str) -> "IdempotencyKey":
        """The same for one of several things that a request does, each in a transaction of its own."""
        return IdempotencyKey(sha256(self.key_hash + name.encode()).digest(), self.request_hash)


CLAIM = """
INSERT INTO idempotency (key_hash, request_hash, status, body, created_at)
VALUES ($1, $2, 0, '', $3) ON CONFLICT (key_hash) DO NOTHING
"""

RECALL = "SELECT request_hash, body FROM idempotency WHERE key_hash = $1"


async def claimed(conn: Connection, once: IdempotencyKey, now: datetime) -> bytes | None:
    """What `settle` kept when this request came before, or None, and from then on the key is this transaction's.

    Raises IdempotencyMismatch when the key came with another request.
    """
    claim = await conn.execute(CLAIM, once.key_hash, once.request_hash, now)
    if claim.endswith(" 1"):
        return None
    row = await conn.fetchrow(RECALL, once.key_hash)
    if row is None or row["request_hash"] != once.request_hash:
        raise IdempotencyMismatch("this Idempotency-Key was used with another request: choose a new one")
    kept: bytes = row["body"]
    return kept


async def recall(tx: Transaction, once: IdempotencyKey, who: Principal) -> Incident | None:
    """The record this request made or changed before, or None, as `claimed`.

    Raises IdempotencyMismatch when the key came with another request, NotFound when the record is not there for `who` any more.
    """
    kept = await claimed(tx.conn, once, tx.now)
    if kept is None:
        return None
    known = await store.by_number(tx.conn, kept.decode(), sight(who))
    if known is None:
        raise NotFound(f"no incident has the number {kept.decode()}")
    return known


REMEMBER = "UPDATE idempotency SET status = 200, body = $2 WHERE key_hash = $1"


async def settle(conn: Connection, once: IdempotencyKey, kept: bytes) -> None:
    """Keep what the request ended in, in the request's own transaction."""
    await conn.execute(REMEMBER, once.key_hash, kept)


async def run_once(
    uow: UnitOfWork, once: IdempotencyKey | None, who: Principal, work: Callable[[Transaction], Awaitable[Incident]]
) -> Incident:
    """The record that `work` ends in, in one transaction; for a request that came before, the one it ended in then.

    Raises what `work` raises, and as `recall` does.
    """

    async def guarded(tx: Transaction) -> Incident:
        if once is not None and (known := await recall(tx, once, who)) is not None:
            return known
        incident = await work(tx)
        if once is not None:
            await settle(tx.conn, once, incident.number.encode())
        return incident

    return await uow.within(guarded)
