"""The context that handlers are built with, and the call that they are given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

from gateway.access.keys import Caller
from gateway.access.login import LoginService
from gateway.access.oidc import OidcLogin
from gateway.access.principal import Principal
from gateway.access.reporter_links import ReporterLinks
from gateway.api.searching import SearchLimiter
from gateway.db.pool import Pool
from gateway.errors import Malformed
from gateway.operations.attach import AttachmentService
from gateway.operations.calendars.imports import CalendarFiles
from gateway.operations.idempotency import IdempotencyKey
from gateway.operations.unit_of_work import UnitOfWork
from gateway.quarantine.operations import OpenedMail, QuarantineService
from gateway.settings import Problems, UseLimits
from gateway.web.auth import Authenticator

_encode = msgspec.json.Encoder().encode

Body_co = TypeVar("Body_co", covariant=True)
Query_co = TypeVar("Query_co", covariant=True)

OpenSetAside = Callable[[int, Principal], Awaitable[OpenedMail]]
"""A function that makes a record of a mail that was set aside, for a principal."""


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of the application that the API uses."""

    uow: UnitOfWork
    keys: Authenticator
    login: LoginService
    oidc: OidcLogin | None
    links: ReporterLinks
    attachments: AttachmentService
    mending: QuarantineService
    problems: Problems
    open_set_aside: OpenSetAside
    limits: UseLimits
    calendars: CalendarFiles
    searches: SearchLimiter = field(default_factory=SearchLimiter)

    def on(self, pool: Pool) -> "Context":
        """Return the same context with the connections of another pool."""
        uow = replace(self.uow, pool=pool)
        attachments = replace(
            self.attachments, uow=uow, stores=replace(self.attachments.stores, pool=pool)
        )
        return replace(self, uow=uow, attachments=attachments)


@dataclass(frozen=True, slots=True)
class ApiCall(Generic[Body_co]):
    """One authenticated request, or one of a route without a key, whose caller may be anybody.

    `body` is the decoded body, None where the route takes none; `raw` are its bytes.
    """

    context: Context
    request: web.Request
    caller: Caller
    body: Body_co
    raw: bytes

    @property
    def number(self) -> str:
        """The number of the record in the path."""
        return self.request.match_info["number"]

    @property
    def id(self) -> int:
        """The id of the object in the path."""
        return int(self.request.match_info["id"])

    @property
    def actor(self) -> str:
        """The name under which changes are recorded."""
        return self.caller.name

    @property
    def who(self) -> Principal:
        """The caller as a principal of the permission table."""
        return self.caller.who

    @property
    def address(self) -> str:
        """The network address that the request came from."""
        return self.request.remote or ""

    def if_match(self) -> int | None:
        """Return the version in If-Match, None without one or for `*`.

        Raises Malformed for anything else.
        """
        header = self.request.headers.get("If-Match", "*").strip()
        if header == "*":
            return None
        text = header.removeprefix("W/").strip('"')
        if not text.isascii() or not text.isdecimal() or len(text) > 9:
            raise Malformed('If-Match is the ETag of the record, such as "3"')
        return int(text)

    def once(self, content: bytes = b"") -> IdempotencyKey | None:
        """Return the Idempotency-Key with the hash of the request, None without a key.

        The key is bound to the caller, or to the reporter's link in the path. `content` stands
        for a body that was not read into `raw`. Raises Malformed for an empty key and for one of
        more than 255 characters.
        """
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not 0 < len(key) <= 255:
            raise Malformed("an Idempotency-Key has 1 to 255 characters")
        shape = (
            f"{self.request.method}\0{self.request.rel_url}\0"
            f"{self.request.headers.get('If-Match', '')}\0"
        )
        owner = self.request.match_info.get("link", self.caller.id)
        owned = f"{owner}\0{key}".encode("utf-8", "surrogateescape")
        return IdempotencyKey(
            sha256(owned).digest(),
            sha256(shape.encode("utf-8", "surrogateescape") + self.raw + content).digest(),
        )


@dataclass(frozen=True, slots=True)
class QueryCall(ApiCall[None], Generic[Query_co]):
    """A request without a body, with its decoded query string."""

    query: Query_co


def respond(
    value: object, status: int = 200, etag: str | None = None, location: str | None = None
) -> web.Response:
    """Return the value as a JSON response that caches do not store."""
    headers = {"Cache-Control": "no-store"}
    if etag is not None:
        headers["ETag"] = f'"{etag}"'
    if location is not None:
        headers["Location"] = location
    return web.Response(
        body=_encode(value), status=status, content_type="application/json", headers=headers
    )
