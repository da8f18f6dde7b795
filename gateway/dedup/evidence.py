"""The record of every received item and of the one outcome it ended in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from gateway.db.pool import Connection
from gateway.dedup import save
from gateway.dedup.alert_state import AlertState
from gateway.dedup.batch_items import ItemVerdict
from gateway.dedup.deliveries import ClaimedBatch
from gateway.quarantine import masking
from gateway.receipts.bodies import BodyBudget
from gateway.receipts.submission import ItemResult, Receipt, Submission
from gateway.vocabulary import Outcome

Row = tuple[int, bytes | None, str, datetime | None, int | None, ItemResult]
"""The item, key, status, event time, incident id and result of an alert_event row."""


async def write_evidence(
    conn: Connection,
    deliveries: ClaimedBatch,
    decided: Sequence[tuple[int, int, ItemVerdict]],
    keys: Sequence[AlertState],
    bodies: BodyBudget,
) -> list[Receipt]:
    """Write keys back, and write receipts, one event per item, and the quarantine.

    Returns the receipts in the batch's order.
    """
    now = deliveries.now
    rows: list[list[Row]] = [[] for _ in deliveries.batch]
    for place, index, verdict in decided:
        rows[place].append(_decided(index, verdict))
    for place, submission in enumerate(deliveries.batch):
        rows[place] += _undecided(deliveries, place, submission)
        rows[place].sort(key=lambda row: row[0])
    receipts = [
        Receipt(receipt, tuple(row[5] for row in mine))
        for receipt, mine in zip(deliveries.ids, rows, strict=True)
    ]
    events = [
        (receipt.id, item, key, r.dedup_key, status, event_time, r.outcome, r.reason, incident_id)
        for receipt, mine in zip(receipts, rows, strict=True)
        for item, key, status, event_time, incident_id, r in mine
    ]
    rows_of_receipts = [
        _receipt(deliveries, place, receipt, bodies, now) for place, receipt in enumerate(receipts)
    ]
    await save.write_keys_and_receipts(conn, keys, rows_of_receipts, events, now)
    if mended := [
        (receipt.id, s.mended)
        for receipt, s in zip(receipts, deliveries.batch, strict=True)
        if s.mended
    ]:
        await save.mark_mended(conn, mended, now)
    if quarantined := [
        row
        for i, receipt in enumerate(receipts)
        for row in _quarantined(deliveries, i, receipt, bodies)
    ]:
        await save.insert_quarantine(conn, quarantined, now)
    return receipts


def _decided(index: int, verdict: ItemVerdict) -> Row:
    alert, holder = verdict.item.alert, verdict.holder
    number, incident_id = (holder.told, holder.id) if holder is not None else (None, None)
    result = ItemResult(alert.dedup_key, number, verdict.outcome, verdict.reason)
    return (index, verdict.item.key_hash, alert.status, alert.event_time, incident_id, result)


def _undecided(deliveries: ClaimedBatch, place: int, submission: Submission) -> Sequence[Row]:
    if place in deliveries.repeated:
        return [
            (item, None, "", None, None, result)
            for item, result in enumerate(deliveries.repeated[place])
        ]
    refused = [
        (r.item, None, "", None, None, ItemResult("", None, Outcome.QUARANTINED, r.problem))
        for r in submission.refused
    ]
    return refused + [
        (item, None, "", None, None, ItemResult("", None, Outcome.IGNORED, reason))
        for item, reason in submission.ignored
    ]


def _receipt(
    deliveries: ClaimedBatch, place: int, receipt: Receipt, bodies: BodyBudget, now: datetime
) -> tuple[Any, ...]:
    submission = deliveries.batch[place]
    keep = bodies.keep(
        submission.integration_id, (r.outcome for r in receipt.results), len(submission.body), now
    )
    return (
        receipt.id,
        submission.integration_id,
        submission.source,
        submission.delivery_id,
        len(receipt.results),
        submission.lost,
        deliveries.flags[place],
        len(submission.body),
        submission.body if keep else None,
    )


def _quarantined(
    deliveries: ClaimedBatch, place: int, receipt: Receipt, bodies: BodyBudget
) -> list[tuple[Any, ...]]:
    submission = deliveries.batch[place]
    if place in deliveries.repeated:
        return []
    headers = msgspec.json.encode(masking.storable_headers(submission.headers))
    integration, now = submission.integration_id, deliveries.now
    kept = [(r, *bodies.refused(integration, r.body, r.problem, now)) for r in submission.refused]
    return [
        (
            receipt.id,
            r.item,
            integration,
            submission.source,
            headers.decode(),
            body,
            problem,
            r.pointer,
        )
        for r, body, problem in kept
    ]
