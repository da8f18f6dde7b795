"""What one route is, as data; the paths that many share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.access.keys import Scope
from gateway.access.permissions import Action
from gateway.api.context import Call

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
OPEN = None
"""Who has no key yet, or needs none."""

Serve = Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `takes` is its body's type, `gives` the body's type of its answer, `query` its parameters' type.

    Where a body may be CSV as well the handler reads it itself, and `reads` is its type as JSON.
    With `streams` it is a file, read as it comes. What cannot be read is kept where the handler reads `keeps` itself.
    `needs` is what it asks of the gateway as a whole; what it asks of one record is judged where that is read or locked.
    """

    method: str
    path: str
    serve: Serve
    scope: Scope | None
    summary: str
    takes: Any = None
    gives: Any = None
    query: Any = None
    status: int = 200
    needs: Action | None = None
    headers: tuple[str, ...] = ()
    reads: Any = None
    streams: bool = False
    keeps: Any = None


ONCE, MATCHED = ("Idempotency-Key",), ("If-Match",)
CHANGE, REFERENCE, CACHED = (*ONCE, *MATCHED), (*MATCHED, "If-None-Match"), ("If-None-Match",)
"""The headers an operation heeds beside the key."""

V1 = "/api/v1"
ONE = V1 + "/incidents/{number}"
REF = ONE + "/refs/{system:[a-z0-9][a-z0-9_-]{0,63}}"
KEY = V1 + "/keys/{id:[0-9]{1,9}}"
FILE = "/attachments/{id:[0-9]{1,18}}"
MINE = V1 + "/mine/{link:[A-Za-z0-9._-]{1,128}}"
PERSON = V1 + "/people/{login:[a-z0-9][a-z0-9._-]{0,63}}"
SERVICE = V1 + "/services/{slug:[a-z0-9][a-z0-9_-]{0,63}}"
CI = V1 + "/cis/{name:[A-Za-z0-9][A-Za-z0-9._:-]{0,127}}"
MONITOR = V1 + "/monitors/{id:[0-9]{1,9}}"
GROUP = V1 + "/groups/{slug:[a-z0-9][a-z0-9_-]{0,63}}"


def sentence(kind: Any) -> str:
    """The first line of what a struct says of itself."""
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")
