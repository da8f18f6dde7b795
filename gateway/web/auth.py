"""Authentication of requests by a key in a header.

Requests of our own API never carry a key in the address, where logs would keep it.
"""

import base64
import binascii
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.access.attempts import network
from gateway.access.keys import Caller, KeyRing, Scope
from gateway.db.pool import Pool
from gateway.errors import (
    Forbidden,
    GatewayError,
    Malformed,
    Overloaded,
    QuotaExceeded,
    Unauthenticated,
)
from gateway.limits.quotas import QuotaRefusal, Quotas
from gateway.timing.clock import Clock

KEY_QUERY_NAMES = frozenset({"key", "api_key", "apikey", "token", "access_token"})


@dataclass(frozen=True, slots=True)
class QuotaLease:
    """The share of its key's quota that a request holds while it runs."""

    quotas: Quotas
    key: int
    announced: int
    sends: bool

    def end(self, request: web.Request) -> None:
        """Return the share, and count the bytes of a body whose size was not announced."""
        more = 0 if self.announced else request.content.total_bytes
        self.quotas.leave(self.key, more, sends=self.sends)


QUOTA_LEASE = web.RequestKey("lease", QuotaLease)


def with_quota_lease(handler: Handler) -> Handler:
    """Return the handler, wrapped so that the request's quota share is returned at its end."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            if (lease := request.get(QUOTA_LEASE)) is not None:
                lease.end(request)

    return serve


class Authenticator:
    """The authentication of callers, with the quotas of keys and addresses."""

    def __init__(self, pool: Pool, clock: Clock, quotas: Quotas | None = None) -> None:
        """Look keys up in the database; without `quotas` nothing is limited."""
        self._ring, self._clock, self._quotas = KeyRing(pool, clock), clock, quotas

    async def authenticate(
        self,
        request: web.Request,
        scope: str,
        given: str | None = None,
        *,
        or_scope: str | None = None,
    ) -> Caller:
        """Return the caller, whose key must have the scope `scope` or `or_scope`.

        `given` is the key where the sender's own format carries it elsewhere than in a header.

        A key that was never seen counts against the quota of its address: looking up whatever is
        sent would keep the database busy.

        Raises Unauthenticated, Forbidden, Malformed for another key in the query, and
        Unavailable when the key cannot be looked up. Over a quota it raises Overloaded for
        senders of alerts, which send again after that, and QuotaExceeded for others.
        """
        if request.query_string and _has_key(request, given):
            raise Malformed(
                "a key does not belong in the query, where logs keep it: "
                "send it as Authorization: Bearer"
            )
        sends = scope == Scope.INGEST and or_scope is None
        key = given or read_key_header(request)
        caller = self._ring.believed(key)
        if caller is None:
            if self._quotas is not None and not self._ring.has_recognised(key):
                self._count_stranger(
                    self._quotas, request, "new key", Overloaded if sends else QuotaExceeded
                )
            caller = await self._ring.recognise(key)
        if not caller.may(Scope(scope)) and not (or_scope and caller.may(Scope(or_scope))):
            raise Forbidden(f"this needs a key with the scope {scope!r}")
        if self._quotas is not None and QUOTA_LEASE not in request:
            self._enter(self._quotas, request, caller, sends=sends)
        return caller

    def _enter(self, quotas: Quotas, request: web.Request, caller: Caller, *, sends: bool) -> None:
        """Count the request against the quota of its key; raises as `authenticate` does."""
        size = request.content_length or 0
        refusal = quotas.enter(caller.id, size, self._clock.monotonic(), sends=sends)
        if refusal is not None:
            raise _refused(refusal, Overloaded if sends else QuotaExceeded)
        request[QUOTA_LEASE] = QuotaLease(quotas, caller.id, size, sends)

    def keep(self, caller: Caller, size: int) -> None:
        """Count a file to be stored against the quota of the caller's key; raises QuotaExceeded."""
        if (
            self._quotas is not None
            and (refusal := self._quotas.keep(caller.id, size, self._clock.monotonic())) is not None
        ):
            raise _refused(refusal, QuotaExceeded)

    def count_request_without_key(self, request: web.Request) -> None:
        """Count a request without a key; raises QuotaExceeded when its address sends too many."""
        if self._quotas is not None:
            self._count_stranger(self._quotas, request, "", QuotaExceeded)

    def _count_stranger(
        self, quotas: Quotas, request: web.Request, what: str, problem: type[GatewayError]
    ) -> None:
        """Count a request of an address for each `what`; raises `problem` over the quota."""
        refusal = quotas.stranger(network(request.remote or "") + what, self._clock.monotonic())
        if refusal is not None:
            raise _refused(refusal, problem)

    async def recognise(self, key: str) -> Caller:
        """Return the caller with this key, for channels other than HTTP.

        Raises Unauthenticated, and Unavailable when the key cannot be looked up.
        """
        return await self._ring.recognise(key)

    def forget(self, key_id: int) -> None:
        """Forget the cached lookup of this key, so that its next use queries the database again."""
        self._ring.forget(key_id)


def _refused(refusal: QuotaRefusal, problem: type[GatewayError]) -> GatewayError:
    return problem(
        f"{refusal.told}: send again in {refusal.retry_after} s", retry_after=refusal.retry_after
    )


def _has_key(request: web.Request, given: str | None) -> bool:
    pairs = ((name, value) for name, value in request.query.items() if value != given)
    return any(name.lower() in KEY_QUERY_NAMES or value.startswith("gwk_") for name, value in pairs)


def read_key_header(request: web.Request) -> str:
    """Return the key in Authorization (Bearer, GenieKey, or the Basic password) or X-Api-Key.

    Raises Unauthenticated without one.
    """
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
