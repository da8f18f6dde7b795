"""Changes of objects other than records, made at most once for an Idempotency-Key.

A change runs in one transaction, and a repeated request gets the same response each time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from gateway.api.context import ApiCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, in_transaction
from gateway.errors import Conflict
from gateway.operations.idempotency import claim_key, store_result


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The result of a change; `version` is the ETag of the changed object."""

    value: object
    status: int = 200
    version: int | None = None
    location: str | None = None


class _StoredResult(msgspec.Struct, array_like=True):
    """An answer as it is stored for repeated requests."""

    value: msgspec.Raw
    status: int
    version: int | None
    location: str | None


async def answer_once(
    call: ApiCall[object],
    work: Callable[[Connection], Awaitable[ChangeResult]],
    *,
    secret: bool = False,
    content: bytes = b"",
) -> tuple[web.Response, bool]:
    """Return the response that `work` gives, and whether this request made the change.

    The second value is false when the same request came before. With `secret` the answer is not
    stored: the same request again changes nothing and raises Conflict. `content` stands for a
    body that was not read into `call.raw`. Raises what `work` raises, IdempotencyMismatch, and
    Conflict for a secret that was shown before.
    """
    once, clock = call.once(content), call.context.uow.clock

    async def within(conn: Connection) -> tuple[ChangeResult, bool]:
        if once is None:
            return await work(conn), True
        known = await claim_key(conn, once, await fetch_now(conn, clock.stamp()))
        if known is not None:
            return _again(known), False
        answer = await work(conn)
        kept = _StoredResult(
            msgspec.Raw(msgspec.json.encode(answer.value)),
            answer.status,
            answer.version,
            answer.location,
        )
        await store_result(conn, once, b"" if secret else msgspec.json.encode(kept))
        return answer, True

    answer, fresh = await in_transaction(call.context.uow.pool, within)
    version = None if answer.version is None else str(answer.version)
    return respond(answer.value, answer.status, version, answer.location), fresh


def _again(known: bytes) -> ChangeResult:
    if not known:
        raise Conflict(
            "this request was answered before with a secret that is shown once: "
            "revoke that and ask with a new key"
        )
    kept = msgspec.json.decode(known, type=_StoredResult)
    return ChangeResult(kept.value, kept.status, kept.version, kept.location)
