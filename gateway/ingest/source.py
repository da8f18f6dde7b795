"""What a source is: a name and a pure reading of one request into alerts. Nothing here listens or stores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.incidents.model import Alert
from gateway.settings import Intake

ID_HEADERS = ("webhook-id", "idempotency-key", "x-delivery-id", "x-github-delivery", "x-amz-sns-message-id")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it arrived; header names are lower-case."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """The sender's name for this delivery, the same when it is sent again; None when it gave none."""
        found = next((self.headers[name] for name in ID_HEADERS if self.headers.get(name)), None)
        return None if found is None else found[:512].encode("utf-8", "replace").decode().replace("\0", "")


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that could not be understood; `pointer` is within the request's body."""

    item: int
    problem: str
    pointer: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a request says: alerts by their index in it, what was refused or needs nothing done, what was left out.

    `lost` counts alerts the sender says it dropped; `ignored` pairs an index with the reason.
    """

    alerts: tuple[tuple[int, Alert], ...] = ()
    refused: tuple[Refused, ...] = ()
    lost: int = 0
    delivery_id: str | None = None
    ignored: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of sender. `parse` raises Malformed or TooLarge when the body as a whole cannot be understood."""

    slug: str
    title: str
    parse: Callable[[Delivery, Intake], Parsed]
    overload_status: int = 503
