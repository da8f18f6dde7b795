"""Who is asking: a key in a header, never in the query, where every log on the way would keep it."""

import base64
import binascii

from aiohttp import web

from gateway.clock import Clock
from gateway.db.pool import Pool
from gateway.errors import Forbidden, Malformed, Unauthenticated
from gateway.operations import keys
from gateway.operations.keys import Caller, Scope

QUERY_NAMES = frozenset({"key", "api_key", "apikey", "token", "access_token", "auth"})

MISSING = "send a key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`"


class Keys:
    """Lets callers in by their keys; a key is believed for a few seconds before it is looked up again."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._known = keys.Keys(pool, clock)

    async def authenticate(self, request: web.Request, scope: str, given: str | None = None) -> Caller:
        """The caller, whose key covers `scope`; `given` is a key that the sender's format carries in its path or body.

        Raises Unauthenticated, Forbidden, Malformed for a key in the query, and Unavailable when it cannot be told.
        """
        if request.query_string:
            _refuse_key_in_query(request)
        caller = await self._known.recognise(given or presented(request.headers.get("Authorization"), request))
        if not caller.may(Scope(scope)):
            raise Forbidden(f"this needs a key with the scope {scope!r}")
        return caller


def presented(authorization: str | None, request: web.Request) -> str:
    """The key in Authorization (Bearer, GenieKey, or the password of Basic) or X-Api-Key; raises Unauthenticated."""
    kind, _, value = (authorization or "").partition(" ")
    match kind.lower():
        case "bearer" | "geniekey":
            return value.strip()
        case "basic":
            return _password(value.strip())
    if key := request.headers.get("X-Api-Key"):
        return key
    raise Unauthenticated(MISSING)


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError) as error:
        raise Unauthenticated("the Basic credentials cannot be read") from error


def _refuse_key_in_query(request: web.Request) -> None:
    if any(name.lower() in QUERY_NAMES or value.startswith("gwk_") for name, value in request.query.items()):
        raise Malformed("a key does not belong in the query, where logs keep it: revoke it if it was real, " + MISSING)
