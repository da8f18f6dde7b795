"""A request on its way through intake, and the receipt that its sender gets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from uuid import UUID

from gateway.incidents.alert import Alert
from gateway.receipts.mended import RepairedValue
from gateway.receipts.refused import RefusedItem
from gateway.vocabulary import Outcome

__all__ = ["ItemResult", "Receipt", "RefusedItem", "Submission"]


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The outcome of one item; `incident` is the number of the record that it belongs to."""

    dedup_key: str
    incident: str | None
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The reply to one request, after it was committed."""

    id: UUID
    results: tuple[ItemResult, ...]


@dataclass(slots=True, eq=False)
class Submission:
    """The contents of one request: parsed alerts, refused items, and ignored items.

    `same_as` is what two copies of a delivery have in common if their bytes differ, for they
    arrived by different channels; without it, the body identifies the delivery.
    """

    integration_id: int
    source: str
    body: bytes
    headers: Mapping[str, str]
    alerts: tuple[tuple[int, Alert], ...]
    refused: tuple[RefusedItem, ...] = ()
    ignored: tuple[tuple[int, str], ...] = ()
    lost: int = 0
    delivery_id: str | None = None
    flag: str | None = None
    answer: "asyncio.Future[Receipt] | None" = None
    same_as: bytes | None = None
    mended: tuple[RepairedValue, ...] = ()
    delivery_key: bytes | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.delivery_id is not None:
            self.delivery_key = sha256(
                f"v1\x1f{self.integration_id}\x1f{self.delivery_id}".encode()
            ).digest()

    @property
    def items(self) -> int:
        """The number of items, each of which gets one outcome."""
        return len(self.alerts) + len(self.refused) + len(self.ignored)

    @property
    def body_hash(self) -> bytes:
        """The hash that tells a repeated delivery from another one under the same delivery id."""
        return self.same_as or sha256(self.body).digest()

    def with_items(
        self, alerts: tuple[tuple[int, Alert], ...], refused: tuple[RefusedItem, ...]
    ) -> "Submission":
        """Return the request with only these alerts, and with additional refused items."""
        return replace(self, alerts=alerts, refused=self.refused + refused)
