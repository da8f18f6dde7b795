"""Alerts and request statuses in Opsgenie's format, read from the rows of one integration.

The rows are those of alerts, records and receipts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from gateway.compat.opsgenie.query import AlertPage, Search
from gateway.compat.opsgenie.requests import RESERVED_LABELS, parse_tag_label
from gateway.db.pool import Connection
from gateway.dedup.fingerprint import key_hash
from gateway.errors import Flaw, NotFound, Unprocessable
from gateway.ingest.sources.opsgenie import NAMESPACE
from gateway.receipts.receipt_id import received_between


@dataclass(frozen=True, slots=True)
class OpsgenieAlert:
    """An alert, by its row joined with that of its record."""

    row: Mapping[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        """The current labels of the record, or without a record those that were sent."""
        return dict(
            msgspec.json.decode(self.row["kept"] or self.row["labels"], type=dict[str, str])
        )

    @property
    def open(self) -> bool:
        """True if the alert fires and its record, if any, is still open."""
        return self.row["open"]  # type: ignore[no-any-return]


ALERTS = """
SELECT a.key_hash, a.dedup_key, a.title, a.severity, a.ci, a.labels, a.annotations, a.occurrences,
       a.first_seen, a.last_seen,
       i.id, i.number, i.title AS called, i.description, i.labels AS kept, i.assignee,
       i.responded_at, i.updated_at, i.version,
       n.slug, n.name AS integration, a.status = 'firing'
         AND is_open(coalesce(i.state, 'logged')) AS open
FROM alert a
JOIN integration n ON n.id = a.integration_id AND (a.incident_id IS NOT NULL OR a.status = 'firing')
LEFT JOIN incident i ON i.id = a.incident_id AND NOT i.security
"""

BY_KEY = ALERTS + "WHERE a.key_hash = $1 AND a.integration_id = $2 AND a.namespace = 'opsgenie'"

BY_RECORD = (
    ALERTS
    + """
WHERE a.incident_id = $1 AND a.integration_id = $2 AND a.namespace = 'opsgenie'
ORDER BY a.first_seen, a.key_hash LIMIT 1
"""
)


async def find_alert(
    conn: Connection, integration: int, identifier: str, kind: str
) -> OpsgenieAlert | None:
    """Return the alert with an identifier, or None.

    It is an alias, an id (the hash of the alert's key as a UUID) or a tiny id (the id of its
    record). Raises Unprocessable for any other kind.
    """
    match kind:
        case "alias":
            row = await conn.fetchrow(
                BY_KEY, key_hash(integration, NAMESPACE, identifier), integration
            )
        case "id":
            row = await conn.fetchrow(BY_KEY, _as_key(identifier), integration)
        case "tiny":
            number = (
                int(identifier)
                if identifier.isascii() and identifier.isdecimal() and len(identifier) < 19
                else 0
            )
            row = await conn.fetchrow(BY_RECORD, number, integration)
        case _:
            raise Unprocessable(
                "no such type",
                flaws=(Flaw("/identifierType", "identifierType is one of id, alias and tiny."),),
            )
    return None if row is None else OpsgenieAlert(dict(row))


def _as_key(identifier: str) -> bytes:
    try:
        return UUID(identifier).bytes
    except ValueError:
        return b""


CHOSEN = (
    """
SELECT * FROM ("""
    + ALERTS
    + """WHERE a.integration_id = $1 AND a.namespace = 'opsgenie') AS found
WHERE ($2::text IS NULL OR open = ($2::text = 'open'))
  AND ($3::bool IS NULL OR (open AND responded_at IS NOT NULL) = $3::bool)
  AND ($4::text IS NULL OR dedup_key = $4::text) AND ($5::text IS NULL OR severity = $5::text)
  AND ($6::text IS NULL OR $6::text = ANY(string_to_array(coalesce(kept, labels) ->> 'tags', ', ')))
  AND ($7::text IS NULL OR ci = $7::text)
  AND ($8::text IS NULL OR position(lower($8::text) IN lower(coalesce(called, title))) > 0)
"""
)

LIST = (
    CHOSEN
    + """
ORDER BY CASE WHEN $9::bool THEN first_seen END, CASE WHEN NOT $9::bool THEN first_seen END DESC,
         key_hash
OFFSET $10::int LIMIT $11::int
"""
)

COUNT = "SELECT count(*) FROM (" + CHOSEN + ") AS chosen"  # noqa: S608 - of constants


async def list_alerts(
    conn: Connection, integration: int, search: Search, page: AlertPage
) -> list[OpsgenieAlert]:
    """Return one page of the alerts that match the search."""
    rows = await conn.fetch(
        LIST, integration, *_parameters(search), page.ascending, page.offset, page.limit
    )
    return [OpsgenieAlert(dict(row)) for row in rows]


async def count_alerts(conn: Connection, integration: int, search: Search) -> int:
    """Return the number of alerts that match the search."""
    return int(await conn.fetchval(COUNT, integration, *_parameters(search)))


def _parameters(search: Search) -> Sequence[Any]:
    return (
        search.status,
        search.acknowledged,
        search.alias,
        search.priority,
        search.tag,
        search.entity,
        search.message,
    )


def render_summary(found: OpsgenieAlert) -> dict[str, Any]:
    """Return an alert in the format of a list."""
    row, labels = found.row, found.labels
    acknowledged = found.open and row["responded_at"] is not None
    return {
        "id": str(UUID(bytes=row["key_hash"])),
        "tinyId": str(row["id"] or ""),
        "alias": row["dedup_key"],
        "message": row["called"] or row["title"],
        "status": "open" if found.open else "closed",
        "acknowledged": acknowledged,
        "isSeen": acknowledged,
        "tags": parse_tag_label(labels),
        "snoozed": False,
        "count": row["occurrences"],
        "lastOccurredAt": _time(row["last_seen"]),
        "createdAt": _time(row["first_seen"]),
        "updatedAt": _time(max(row["last_seen"], row["updated_at"] or row["last_seen"])),
        "source": labels.get("source", ""),
        "owner": row["assignee"] or "",
        "priority": row["severity"],
        "responders": [],
        "teams": [],
        "integration": {"id": row["slug"], "name": row["integration"], "type": "API"},
    }


def render_in_full(found: OpsgenieAlert) -> dict[str, Any]:
    """Return an alert in full, with its description and details."""
    details = {name: text for name, text in found.labels.items() if name not in RESERVED_LABELS}
    more = {
        "actions": [],
        "entity": found.row["ci"],
        "description": found.row["description"] or "",
        "details": details,
    }
    return render_summary(found) | more


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


REQUEST = """
SELECT r.received_at, r.source, r.body, n.slug, e.key_hash, e.dedup_key, e.status, e.outcome,
       e.reason
FROM receipt r JOIN integration n ON n.id = r.integration_id
JOIN alert_event e ON e.receipt_id = r.id AND e.received_at = r.received_at AND e.item <= 0
WHERE r.id = $1::uuid AND r.received_at >= $2::timestamptz AND r.received_at < $3::timestamptz
  AND r.integration_id = $4
ORDER BY e.item LIMIT 1
"""

NO_REQUEST = "Request not found. It might not be processed, yet."

ACTIONS = {
    "firing": "Create",
    "resolved": "Close",
    "acknowledged": "Acknowledge",
    "unacknowledged": "UnAcknowledge",
}

DONE: Mapping[str, str] = {
    "opened": "Created alert",
    "related": "Created alert",
    "folded": "Created alert",
    "reopened": "Created alert",
    "suppressed": "Created alert",
    "repeated": "Deduplicated alert",
    "cleared": "Closed alert",
    "acknowledged": "Acknowledged alert",
    "unacknowledged": "UnAcknowledged alert",
    "added": "Added note",
    "duplicate": "Processed before",
}
FAILED = {"nothing_open": "Alert does not exist", "already_cleared": "Alert is already closed"}


async def fetch_request_status(
    conn: Connection, integration: int, request_id: str
) -> dict[str, Any]:
    """Return the status of a request, from its receipt; raises NotFound."""
    try:
        receipt = UUID(request_id)
        since, until = received_between(receipt)
    except (ValueError, OverflowError) as error:
        raise NotFound(NO_REQUEST) from error
    row = await conn.fetchrow(REQUEST, receipt, since, until, integration)
    if row is None:
        raise NotFound(NO_REQUEST)
    return _status(row, integration)


class StoredAlias(msgspec.Struct):
    """The field of a stored request that names its alert."""

    alias: str = ""


def _status(row: asyncpg.Record, integration: int) -> dict[str, Any]:
    asked, _, said = row["reason"].partition(": ") if row["outcome"] == "ignored" else ("", "", "")
    success = row["outcome"] in DONE or (bool(said) and not asked.endswith(" failed"))
    alias, key = row["dedup_key"], row["key_hash"]
    if success and not alias and row["body"]:
        alias = msgspec.json.decode(row["body"], type=StoredAlias).alias
        key = key_hash(integration, NAMESPACE, alias)
    return {
        "success": success,
        "action": ACTIONS.get(row["status"]) or asked.removesuffix(" failed") or "Create",
        "processedAt": _time(row["received_at"]),
        "integrationId": row["slug"],
        "isSuccess": success,
        "status": DONE.get(row["outcome"]) or said or FAILED.get(row["reason"]) or row["reason"],
        "alertId": str(UUID(bytes=key)) if key else "",
        "alias": alias,
    }
