"""Who is asking: a key in a header, never in the address of a request on our own API."""

import base64
import binascii

from aiohttp import web

from gateway.clock import Clock
from gateway.db.pool import Pool
from gateway.errors import Forbidden, Malformed, Unauthenticated
from gateway.operations.keys import Caller, KeyRing, Scope

QUERY_NAMES = frozenset({"key", "api_key", "apikey", "token", "access_token"})


class Keys:
    """Lets callers in."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._ring = KeyRing(pool, clock)

    async def authenticate(
        self, request: web.Request, scope: str, given: str | None = None, *, or_scope: str | None = None
    ) -> Caller:
        """The caller, who may do `scope`, or `or_scope`; `given` is a key where the sender's own format carries it.

        Raises Unauthenticated, Forbidden, Malformed for another key in the query, and Unavailable when that cannot be told.
        """
        if request.query_string and _has_key(request, given):
            raise Malformed("a key does not belong in the query, where logs keep it: send it as Authorization: Bearer")
        caller = await self._ring.recognise(given or key_of(request))
        if not caller.may(Scope(scope)) and not (or_scope and caller.may(Scope(or_scope))):
            raise Forbidden(f"this needs a key with the scope {scope!r}")
        return caller

    async def recognise(self, key: str) -> Caller:
        """Whose key this is, for ways in that are not HTTP; raises Unauthenticated, and Unavailable when that cannot be told."""
        return await self._ring.recognise(key)

    def forget(self, key_id: int) -> None:
        """Believe nothing about this key until it was looked up again."""
        self._ring.forget(key_id)


def _has_key(request: web.Request, given: str | None) -> bool:
    pairs = ((name, value) for name, value in request.query.items() if value != given)
    return any(name.lower() in QUERY_NAMES or value.startswith("gwk_") for name, value in pairs)


def key_of(request: web.Request) -> str:
    """The key in Authorization (Bearer, GenieKey, or Basic's password) or X-Api-Key; raises Unauthenticated."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    match kind.lower():
        case "bearer" | "geniekey":
            return value.strip()
        case "basic":
            return _password(value.strip())
    if key := request.headers.get("X-Api-Key"):
        return key
    raise Unauthenticated("send a key as Authorization: Bearer <key> or X-Api-Key: <key>")


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated("the Basic credentials cannot be read") from error
