"""The statements that write decided keys, groups and received items, each for a whole batch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from gateway.db.pool import Connection
from gateway.dedup.alert_state import AlertState
from gateway.dedup.batch_items import BatchItem, DetachedCount
from gateway.dedup.groups import RelateGroup
from gateway.incidents.alert import Alert
from gateway.receipts.mended import RepairedValue
from gateway.receipts.rows import as_bytea, as_json
from gateway.tokens.key_texts import redact_body_keys, redact_keys


class NewKeyRow(msgspec.Struct):
    """A row of INSERT_KEYS."""

    key_hash: str
    incident_id: int | None
    status: str
    occurrence: str
    fired_at: datetime | None
    cleared_at: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    ends_at: datetime | None
    occurrences: int
    flaps: int
    flapping_since: datetime | None
    suppressed_until: datetime | None
    integration_id: int
    namespace: str
    dedup_key: str
    unmatched_at: datetime | None
    title: str
    severity: str
    description: str | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str
    source: str
    service: str
    ci: str


INSERT_KEYS = """
INSERT INTO alert (key_hash, incident_id, status, occurrence, fired_at, cleared_at, first_seen,
                   last_seen, ends_at, occurrences, flaps, flapping_since, suppressed_until,
                   integration_id, namespace, dedup_key, unmatched_at, title, severity,
                   description, labels, annotations, generator_url, source, service, ci)
SELECT t.* FROM json_to_recordset($1::json) AS t(
  key_hash bytea, incident_id bigint, status text, occurrence text, fired_at timestamptz,
  cleared_at timestamptz, first_seen timestamptz, last_seen timestamptz, ends_at timestamptz,
  occurrences bigint, flaps int, flapping_since timestamptz, suppressed_until timestamptz,
  integration_id int, namespace text, dedup_key text, unmatched_at timestamptz, title text,
  severity text, description text, labels json, annotations json, generator_url text,
  source text, service text, ci text)
ORDER BY key_hash
ON CONFLICT (key_hash) DO NOTHING
"""


async def insert_keys(conn: Connection, rows: Sequence[tuple[AlertState, BatchItem]]) -> bool:
    """Insert the keys seen for the first time.

    Returns False if another replica inserted one meanwhile: the batch must be decided anew.
    """
    tag = await conn.execute(INSERT_KEYS, as_json([_new(known, item) for known, item in rows]))
    return int(tag.rsplit(" ", 1)[1]) == len(rows)


def _new(known: AlertState, item: BatchItem) -> NewKeyRow:
    alert = item.alert
    return NewKeyRow(
        as_bytea(known.key_hash),
        known.holder.id if known.holder else None,
        known.status,
        known.occurrence,
        known.fired_at,
        known.cleared_at,
        known.first_seen,
        known.last_seen,
        known.ends_at,
        known.occurrences,
        known.flaps,
        known.flapping_since,
        known.suppressed_until,
        item.integration_id,
        alert.namespace,
        alert.dedup_key,
        known.unmatched_at,
        known.title or alert.title,
        known.severity,
        known.description,
        alert.labels,
        alert.annotations,
        _generator(alert),
        item.source,
        alert.service,
        alert.ci,
    )


SHOW_KEYS = """
UPDATE alert a
SET title = t.title, severity = t.severity, description = t.description, labels = t.labels::json,
    annotations = t.annotations::json, generator_url = t.generator_url
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS t(key_hash, title, severity, description, labels, annotations, generator_url)
WHERE a.key_hash = t.key_hash
"""


async def update_key_texts(conn: Connection, shown: Sequence[tuple[bytes, Alert]]) -> None:
    """Update the texts that people see of keys, whose alert has other texts or a new occurrence."""
    await conn.execute(
        SHOW_KEYS, *zip(*((key, *_shown(alert)) for key, alert in shown), strict=True)
    )


def _row(known: AlertState) -> tuple[Any, ...]:
    incident_id = known.holder.id if known.holder else None
    return (
        known.key_hash,
        incident_id,
        known.status,
        known.occurrence,
        known.fired_at,
        known.cleared_at,
        known.first_seen,
        known.last_seen,
        known.ends_at,
        known.occurrences,
        known.flaps,
        known.flapping_since,
        known.suppressed_until,
        known.unmatched_at,
    )


def _shown(alert: Alert) -> tuple[str, str, str, str, str, str]:
    return (
        alert.title,
        alert.severity,
        alert.description,
        as_json(alert.labels),
        as_json(alert.annotations),
        _generator(alert),
    )


def _generator(alert: Alert) -> str:
    return alert.links[0].href if alert.links else ""


LEAD_GROUPS = """
UPDATE relation_group g SET incident_id = t.incident_id, opened_at = t.opened_at
FROM unnest($1::bytea[], $2::bigint[], $3::timestamptz[]) AS t(group_hash, incident_id, opened_at)
WHERE g.group_hash = t.group_hash
"""


async def store_group_masters(conn: Connection, groups: Sequence[RelateGroup]) -> None:
    """Store the master of each group."""
    rows = [(g.hash, g.master.id, g.opened_at) for g in groups if g.master is not None]
    await conn.execute(LEAD_GROUPS, *zip(*rows, strict=True))


DETACH = """
UPDATE incident i
SET occurrences = i.occurrences + t.occurrences, last_seen = greatest(i.last_seen, t.last_seen)
FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS t(id, occurrences, last_seen)
WHERE i.id = t.id
"""


async def add_detached_counts(conn: Connection, rows: Sequence[DetachedCount]) -> None:
    """Add the counts of a key to its earlier record when a newer one takes over the key."""
    totals: dict[int, DetachedCount] = {}
    for row in rows:
        kept = totals.setdefault(row.incident_id, DetachedCount(row.incident_id, 0, row.last_seen))
        kept.occurrences += row.occurrences
    ordered = [(t.incident_id, t.occurrences, t.last_seen) for _, t in sorted(totals.items())]
    await conn.execute(DETACH, *zip(*ordered, strict=True))


RECORD = """
WITH counted AS (
  UPDATE alert a
  SET incident_id = t.incident_id, status = t.status, occurrence = t.occurrence,
      fired_at = t.fired_at, cleared_at = t.cleared_at, first_seen = t.first_seen,
      last_seen = t.last_seen, ends_at = t.ends_at, occurrences = t.occurrences, flaps = t.flaps,
      flapping_since = t.flapping_since, suppressed_until = t.suppressed_until,
      unmatched_at = t.unmatched_at
  FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[],
              $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[],
              $10::bigint[], $11::int[], $12::timestamptz[], $13::timestamptz[],
              $14::timestamptz[])
    AS t(key_hash, incident_id, status, occurrence, fired_at, cleared_at, first_seen, last_seen,
         ends_at, occurrences, flaps, flapping_since, suppressed_until, unmatched_at)
  WHERE a.key_hash = t.key_hash),
received AS (
  INSERT INTO receipt (received_at, id, integration_id, source, delivery_id, items, lost, flag,
                       body_bytes, body)
  SELECT $15::timestamptz, t.*
  FROM unnest($16::uuid[], $17::int[], $18::text[], $19::text[], $20::int[], $21::int[],
              $22::text[], $23::int[], $24::bytea[]) AS t)
INSERT INTO alert_event (received_at, receipt_id, item, key_hash, dedup_key, status, event_time,
                         outcome, reason, incident_id)
SELECT $15::timestamptz, t.*
FROM unnest($25::uuid[], $26::int[], $27::bytea[], $28::text[], $29::text[],
            $30::timestamptz[], $31::text[], $32::text[], $33::bigint[]) AS t
"""


async def write_keys_and_receipts(
    conn: Connection,
    keys: Sequence[AlertState],
    receipts: Sequence[tuple[Any, ...]],
    events: Sequence[tuple[Any, ...]],
    now: datetime,
) -> None:
    """Write locked keys back, one receipt per request and one event per item, in one round trip.

    A receipt: id, integration, source, delivery id, items, lost, flag, body size, body. An
    event: receipt, item, key, dedup key, status, event time, outcome, reason, incident.
    """
    kept = (_without_keys(row, text=3, body=8) for row in receipts)
    await conn.execute(
        RECORD, *_turned(map(_row, keys), 14), now, *_turned(kept, 9), *_turned(events, 9)
    )


def _without_keys(row: tuple[Any, ...], *, text: int, body: int) -> tuple[Any, ...]:
    """Return a row without the API keys of senders in the text and the body at these places."""
    said, content = row[text], row[body]
    masked = said and redact_keys(said), content and redact_body_keys(content)
    return (
        row
        if masked == (said, content)
        else (*row[:text], masked[0], *row[text + 1 : body], masked[1], *row[body + 1 :])
    )


def _turned(rows: Iterable[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    """Return rows as columns; `width` empty columns if there are no rows."""
    return tuple(zip(*rows, strict=True)) or ((),) * width


MARK_MENDED = """
UPDATE receipt r SET mended = t.mended::json FROM unnest($1::uuid[], $2::text[]) AS t(id, mended)
WHERE r.id = t.id AND r.received_at = $3::timestamptz
"""


async def mark_mended(
    conn: Connection, rows: Sequence[tuple[UUID, Sequence[RepairedValue]]], received_at: datetime
) -> None:
    """Store the repairs that were made to requests.

    They are written apart from the receipts, since few requests have any.
    """
    await conn.execute(
        MARK_MENDED, [row[0] for row in rows], [as_json(row[1]) for row in rows], received_at
    )


QUARANTINE = """
INSERT INTO quarantine (receipt_id, item, integration_id, source, headers, body, problem, pointer,
                        received_at)
SELECT t.receipt_id, t.item, t.integration_id, t.source, t.headers::json, t.body, t.problem,
       t.pointer, $9::timestamptz
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::bytea[], $7::text[],
            $8::text[])
  AS t(receipt_id, item, integration_id, source, headers, body, problem, pointer)
"""


async def insert_quarantine(
    conn: Connection, rows: Sequence[tuple[Any, ...]], received_at: datetime
) -> None:
    """Store bodies and items that could not be parsed, for replay, without API keys."""
    kept = (
        (
            receipt,
            item,
            integration,
            source,
            redact_keys(headers),
            redact_body_keys(body),
            redact_keys(problem),
            pointer,
        )
        for receipt, item, integration, source, headers, body, problem, pointer in rows
    )
    await conn.execute(QUARANTINE, *zip(*kept, strict=True), received_at)


CLAIM_DELIVERIES = """
INSERT INTO delivery (key_hash, body_hash, receipt_id, received_at)
SELECT key_hash, body_hash, receipt_id, $4::timestamptz
FROM unnest($1::bytea[], $2::bytea[], $3::uuid[]) AS t(key_hash, body_hash, receipt_id)
ORDER BY key_hash
ON CONFLICT (key_hash) DO NOTHING
RETURNING key_hash
"""

EARLIER_DELIVERIES = """
SELECT d.key_hash, d.body_hash, d.receipt_id FROM delivery d WHERE d.key_hash = ANY($1::bytea[])
"""

EARLIER_RESULTS = """
SELECT e.receipt_id, e.item, e.dedup_key, CASE WHEN NOT i.security THEN i.number END
FROM alert_event e LEFT JOIN incident i ON i.id = e.incident_id
WHERE e.receipt_id = ANY($1::uuid[]) ORDER BY e.receipt_id, e.item
"""


async def claim_deliveries(
    conn: Connection, rows: Sequence[tuple[bytes, bytes, UUID]], now: datetime
) -> dict[bytes, tuple[bytes, UUID]]:
    """Store delivery ids and return those that existed.

    The result maps a delivery key to the hash of the body then and the receipt then.
    """
    claimed = {row[0] for row in await conn.fetch(CLAIM_DELIVERIES, *zip(*rows, strict=True), now)}
    taken = [row[0] for row in rows if row[0] not in claimed]
    if not taken:
        return {}
    return {row[0]: (row[1], row[2]) for row in await conn.fetch(EARLIER_DELIVERIES, taken)}


async def earlier_results(
    conn: Connection, receipts: Sequence[UUID]
) -> dict[UUID, list[tuple[int, str, str | None]]]:
    """Return the results of earlier receipts.

    The result maps a receipt to (item, dedup key, number of the incident); the number of a
    security incident is None.
    """
    results: dict[UUID, list[tuple[int, str, str | None]]] = {}
    for receipt, item, dedup_key, number in await conn.fetch(EARLIER_RESULTS, receipts):
        results.setdefault(receipt, []).append((item, dedup_key, number))
    return results
