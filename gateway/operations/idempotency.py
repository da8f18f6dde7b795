"""The Idempotency-Key: a repeated request changes nothing and gets the record of the first one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import IdempotencyMismatch, NotFound
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.operations.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key and the hash of the request it was sent with.

    Both have 32 bytes; the key's hash covers the caller.
    """

    key_hash: bytes
    request_hash: bytes

    def part(self, name: str) -> "IdempotencyKey":
        """Return a key for one of several things that a request does in separate transactions."""
        return IdempotencyKey(sha256(self.key_hash + name.encode()).digest(), self.request_hash)


CLAIM = """
INSERT INTO idempotency (key_hash, request_hash, status, body, created_at)
VALUES ($1, $2, 0, '', $3) ON CONFLICT (key_hash) DO NOTHING
"""

RECALL = "SELECT request_hash, body FROM idempotency WHERE key_hash = $1"


async def claim_key(conn: Connection, once: IdempotencyKey, now: datetime) -> bytes | None:
    """Claim the key for this transaction.

    Return what `settle` stored if the request came before.

    Raises IdempotencyMismatch when the key came with another request.
    """
    claim = await conn.execute(CLAIM, once.key_hash, once.request_hash, now)
    if claim.endswith(" 1"):
        return None
    row = await conn.fetchrow(RECALL, once.key_hash)
    if row is None or row["request_hash"] != once.request_hash:
        raise IdempotencyMismatch(
            "this Idempotency-Key was used with another request: choose a new one"
        )
    kept: bytes = row["body"]
    return kept


async def recall_record(tx: Transaction, once: IdempotencyKey, who: Principal) -> Incident | None:
    """Return the record that this request made or changed before, or None.

    The key is then claimed.

    Raises IdempotencyMismatch when the key came with another request, NotFound when the record
    is not visible to `who` any more.
    """
    kept = await claim_key(tx.conn, once, tx.now)
    if kept is None:
        return None
    known = await store.by_number(tx.conn, kept.decode(), visibility_of(who))
    if known is None:
        raise NotFound(f"no incident has the number {kept.decode()}")
    return known


REMEMBER = "UPDATE idempotency SET status = 200, body = $2 WHERE key_hash = $1"


async def store_result(conn: Connection, once: IdempotencyKey, kept: bytes) -> None:
    """Store the result of the request, in the request's own transaction."""
    await conn.execute(REMEMBER, once.key_hash, kept)


async def run_once(
    uow: UnitOfWork,
    once: IdempotencyKey | None,
    who: Principal,
    work: Callable[[Transaction], Awaitable[Incident]],
) -> Incident:
    """Return the record that `work` returns, in one transaction.

    A request that came before is answered with its first record, and `work` is not called.
    Raises what `work` raises, and as `recall` does.
    """

    async def guarded(tx: Transaction) -> Incident:
        if once is not None and (known := await recall_record(tx, once, who)) is not None:
            return known
        incident = await work(tx)
        if once is not None:
            await store_result(tx.conn, once, incident.number.encode())
        return incident

    return await uow.within(guarded)
