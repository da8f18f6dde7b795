"""What handlers are built with, and the call each of them is handed."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from aiohttp import web

from gateway.api.auth import Keys
from gateway.api.body import place
from gateway.api.wake import Wake
from gateway.clock import Clock
from gateway.db.pool import Pool
from gateway.errors import Flaw, Malformed
from gateway.operations.desk import Desk
from gateway.operations.keys import Caller
from gateway.operations.memory import Once
from gateway.settings import Settings
from gateway.sla.timers import Rules

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of the application that the API speaks to; `wake` is told of changes so that waiting callers look again."""

    pool: Pool
    clock: Clock
    settings: Settings
    rules: Rules
    keys: Keys
    desk: Desk
    wake: Wake


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in: `body` is the decoded request or None, `raw` its bytes."""

    context: Context
    request: web.Request
    caller: Caller
    body: Any
    raw: bytes

    @property
    def number(self) -> str:
        """The incident's number in the path."""
        return self.request.match_info["number"]

    def if_match(self) -> int | None:
        """The version in If-Match, None for none and for `*`; raises Malformed for anything else."""
        text = self.request.headers.get("If-Match", "*").strip()
        if text == "*":
            return None
        version = text.removeprefix('"').removesuffix('"')
        if not (version.isascii() and version.isdecimal() and len(version) <= 9):
            raise Malformed('If-Match is the ETag of the record, such as "3"')
        return int(version)

    def once(self) -> Once | None:
        """The Idempotency-Key, bound to the caller, with the request it stands for; raises Malformed for one out of bounds."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not 0 < len(key) <= 255:
            raise Malformed("an Idempotency-Key has 1 to 255 characters")
        named = sha256(f"{self.caller.id}\0{key}".encode("utf-8", "surrogateescape"))
        head = f"{self.request.method}\0{self.request.path}\0{self.request.headers.get('If-Match', '')}\0"
        return Once(named.digest(), sha256(head.encode("utf-8", "surrogateescape") + self.raw).digest())

    def query(self, kind: type[Any]) -> Any:
        """The query as a struct, names given twice refused; raises Malformed with the parameter as pointer."""
        names = list(self.request.query)
        if len(set(names)) < len(names):
            raise Malformed("a parameter stands twice in the query: separate several values by commas")
        if any("\0" in value or not value.isascii() and "\ufffd" in value for value in self.request.query.values()):
            raise Malformed("the query is not UTF-8 text")
        try:
            return msgspec.convert(dict(self.request.query), kind, strict=False)
        except msgspec.ValidationError as error:
            detail, pointer = place(error)
            raise Malformed(detail, flaws=(Flaw(pointer, detail),)) from error


def respond(value: object, status: int = 200, etag: str | None = None, location: str | None = None) -> web.Response:
    """The value as JSON."""
    headers = {}
    if etag is not None:
        headers["ETag"] = f'"{etag}"'
    if location is not None:
        headers["Location"] = location
    return web.Response(body=_encode(value), status=status, content_type="application/json", headers=headers)
