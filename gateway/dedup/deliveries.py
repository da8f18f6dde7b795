"""Idempotency of requests: finds those received before, by the sender's own delivery id."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway.db.moment import fetch_now
from gateway.db.pool import Connection
from gateway.dedup import save
from gateway.receipts.receipt_id import receipt_ids
from gateway.receipts.submission import ItemResult, Submission
from gateway.vocabulary import Outcome

REUSED = "id_reused_with_other_body"


@dataclass(slots=True)
class ClaimedBatch:
    """A batch with its receipt ids, which contain `now`.

    `repeated` maps the places of requests received before to the results they had then.
    """

    batch: Sequence[Submission]
    now: datetime
    ids: list[UUID]
    flags: list[str | None]
    repeated: dict[int, tuple[ItemResult, ...]] = field(default_factory=dict)


def without_delivery_ids(batch: Sequence[Submission], now: datetime) -> ClaimedBatch:
    """Return a batch in which no request has a delivery id."""
    return ClaimedBatch(
        batch, now, receipt_ids(now, len(batch)), [submission.flag for submission in batch]
    )


async def claim_deliveries_of(
    conn: Connection, batch: Sequence[Submission], stamp: datetime | None
) -> ClaimedBatch:
    """Give every request a receipt id and find those whose delivery id was used before.

    The same id with the same body is a duplicate and answered with the earlier records. The same
    id with another body is a sender's mistake: it is taken as new and flagged.
    """
    now = await fetch_now(conn, stamp)
    deliveries = without_delivery_ids(batch, now)
    rows = [
        (submission.delivery_key, submission.body_hash, deliveries.ids[place])
        for place, submission in enumerate(batch)
        if submission.delivery_key is not None
    ]
    earlier = await save.claim_deliveries(conn, rows, now) if rows else {}
    if earlier:
        results = await save.earlier_results(conn, [receipt for _, receipt in earlier.values()])
        for place, submission in enumerate(batch):
            if submission.delivery_key in earlier:
                _settle(deliveries, place, earlier[submission.delivery_key], results)
    return deliveries


def _settle(
    deliveries: ClaimedBatch,
    place: int,
    earlier: tuple[bytes, UUID],
    results: dict[UUID, list[tuple[int, str, str | None]]],
) -> None:
    body_hash, receipt = earlier
    if deliveries.batch[place].body_hash != body_hash:
        deliveries.flags[place] = REUSED
        return
    deliveries.repeated[place] = tuple(
        ItemResult(dedup_key, number, Outcome.DUPLICATE, f"received before as {receipt}")
        for _, dedup_key, number in results.get(receipt, [])
    )
