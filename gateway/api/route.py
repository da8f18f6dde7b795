"""The definition of a route as data, and the paths that many routes share."""

from dataclasses import dataclass

from gateway.access.keys import Scope
from gateway.access.permissions import Action
from gateway.api.typed_handler import TypedHandler

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
NO_KEY = None
"""The scope of routes for callers who have no key yet, or need none."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API.

    `response_body` is the type of its response body. Where a body may be CSV as well, the
    handler reads it itself, and `reads` is its type as JSON. With `streams` the body is a file
    of the media type `file_type`, read as it comes. `quarantined_body` is the type of a body
    that the handler reads itself, keeping what cannot be read. `needs` is the right it needs on
    the gateway as a whole; rights on one record are checked where that is read or locked.
    """

    method: str
    path: str
    handler: TypedHandler
    scope: Scope | None
    summary: str
    response_body: type[object] | None = None
    status: int = 200
    needs: Action | None = None
    headers: tuple[str, ...] = ()
    reads: type[object] | None = None
    streams: bool = False
    file_type: str = "application/octet-stream"
    quarantined_body: type[object] | None = None

    @property
    def request_body(self) -> type[object] | None:
        """The type of the request body, None where the handler is given none."""
        return self.handler.request_body

    @property
    def query(self) -> type[object] | None:
        """The type of the query, None where there is none."""
        return self.handler.query


IDEMPOTENT, IF_MATCH = ("Idempotency-Key",), ("If-Match",)
CHANGE, REFERENCE, CACHED = (
    (*IDEMPOTENT, *IF_MATCH),
    (*IF_MATCH, "If-None-Match"),
    ("If-None-Match",),
)
"""The request headers that operations use, besides the key."""

V1 = "/api/v1"
ONE_RECORD = V1 + "/incidents/{number}"
REF = ONE_RECORD + "/refs/{system:[a-z0-9][a-z0-9_-]{0,63}}"
KEY = V1 + "/keys/{id:[0-9]{1,9}}"
FILE = "/attachments/{id:[0-9]{1,18}}"
REPORTER_LINK = V1 + "/mine/{link:[A-Za-z0-9._-]{1,128}}"
PERSON = V1 + "/people/{login:[a-z0-9][a-z0-9._-]{0,63}}"
SERVICE = V1 + "/services/{slug:[a-z0-9][a-z0-9_-]{0,63}}"
CI = V1 + "/cis/{name:[A-Za-z0-9][A-Za-z0-9._:-]{0,127}}"
POLICY = V1 + "/policies/{slug:[a-z0-9][a-z0-9_-]{0,63}}"
TEMPLATE = V1 + "/templates/{message}/{channel}/{locale}"
MESSAGE = V1 + "/messages/{id:[0-9a-f-]{1,36}}"
RECIPIENTS = V1 + "/recipients/{role:[a-z][a-z0-9_]{0,63}}"
MONITOR = V1 + "/monitors/{id:[0-9]{1,9}}"
GROUP = V1 + "/groups/{slug:[a-z0-9][a-z0-9_-]{0,63}}"


def first_docstring_line(kind: type[object]) -> str:
    """Return the first line of a struct's docstring, without the period."""
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")
