"""The quarantine in the database: entries are claimed by one caller at a time, settled once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from gateway.db.pool import Connection
from gateway.errors import Conflict, NotFound

CLAIM_FOR = timedelta(seconds=60)
"""The time for which a claim holds; longer than reading the entry again ever takes."""

COMPARED = 20_000
"""The most entries that are counted, which bounds the cost of counting."""


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """A filter of quarantine entries; None is any.

    `problem` is a part of the text of the problem, `since` the earliest time of receipt.
    """

    state: str = "pending"
    source: str | None = None
    integration: str | None = None
    problem: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """One body (item -1) or item in quarantine."""

    id: int
    receipt_id: UUID
    item: int
    integration_id: int
    integration: str
    source: str
    received_at: datetime
    headers: dict[str, str]
    body: bytes
    size: int
    problem: str
    pointer: str
    state: str
    tried_at: datetime | None
    tried_problem: str
    settled_at: datetime | None
    settled_by: str
    reason: str
    replayed_receipt_id: UUID | None


def _of(row: Record) -> QuarantineEntry:
    fields = dict(row)
    return QuarantineEntry(**fields | {"headers": msgspec.json.decode(fields["headers"])})


COLUMNS = """
SELECT q.id, q.receipt_id, q.item, q.integration_id, coalesce(i.slug, '') AS integration, q.source,
       q.received_at, q.headers::text AS headers, substr(q.body, 1, $1::int) AS body,
       octet_length(q.body) AS size, q.problem, q.pointer, q.state, q.tried_at, q.tried_problem,
       q.settled_at, q.settled_by, q.reason, q.replayed_receipt_id
FROM quarantine q LEFT JOIN integration i ON i.id = q.integration_id
"""
CHOSEN = """
FROM quarantine q LEFT JOIN integration i ON i.id = q.integration_id
WHERE q.state = $1::text AND ($2::text IS NULL OR q.source = $2::text)
  AND ($3::text IS NULL OR i.slug = $3::text)
  AND ($4::text IS NULL OR strpos(lower(q.problem), lower($4::text)) > 0)
  AND ($5::timestamptz IS NULL OR q.received_at >= $5::timestamptz)
"""
WHOLE_BODY = 2**30


def _chosen(which: EntryFilter) -> tuple[Any, ...]:
    return which.state, which.source, which.integration, which.problem, which.since


NEWEST_IDS = "SELECT q.id" + CHOSEN + "AND q.id < $6::bigint ORDER BY q.id DESC LIMIT $7::int"
BY_IDS = COLUMNS + "WHERE q.id = ANY ($2::bigint[]) ORDER BY q.id DESC"


async def newest(
    conn: Connection, which: EntryFilter, before: int, limit: int, shown: int
) -> list[QuarantineEntry]:
    """Return entries below the id `before`, the newest first, their bodies cut to `shown` bytes."""
    chosen = [row["id"] for row in await conn.fetch(NEWEST_IDS, *_chosen(which), before, limit)]
    return [_of(row) for row in await conn.fetch(BY_IDS, shown, chosen)]


OLDEST_IDS = (
    "SELECT array(SELECT q.id" + CHOSEN + "AND q.id > $6::bigint ORDER BY q.id LIMIT $7::int)"
)


async def oldest(conn: Connection, which: EntryFilter, after: int, limit: int) -> list[int]:
    """Return the ids of entries above `after`, the oldest first.

    Only ids: each entry may be a megabyte and is read by itself.
    """
    found: list[int] = await conn.fetchval(OLDEST_IDS, *_chosen(which), after, limit)
    return found


BY_ID = COLUMNS + "WHERE q.id = $2::bigint"


async def by_id(conn: Connection, entry: int) -> QuarantineEntry:
    """Return one entry with its whole body; raises NotFound."""
    row = await conn.fetchrow(BY_ID, WHOLE_BODY, entry)
    if row is None:
        raise NotFound(f"there is no {entry} in quarantine")
    return _of(row)


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """The number of entries of one sender with one problem, and the times of first and last."""

    source: str
    integration: str
    problem: str
    count: int
    first: datetime
    last: datetime


COUNTS = (
    "SELECT c.source, c.integration, c.problem, count(*)::int AS count, "
    "min(c.received_at) AS first, max(c.received_at) AS last "
    "FROM (SELECT q.source, coalesce(i.slug, '') AS integration, q.problem, q.received_at"
    + CHOSEN
    + "ORDER BY q.id DESC "
    "LIMIT $6::int) AS c "
    "GROUP BY c.source, c.integration, c.problem "
    "ORDER BY count DESC, c.source, c.integration, c.problem LIMIT $7::int"
)


async def counts(conn: Connection, which: EntryFilter, limit: int) -> list[ProblemCount]:
    """Return the most frequent problems of each sender, among the newest `COMPARED` entries."""
    return [
        ProblemCount(**dict(row))
        for row in await conn.fetch(COUNTS, *_chosen(which), COMPARED, limit)
    ]


CLAIM = """
UPDATE quarantine
SET claimed_until = moment($2) + $3::interval
WHERE id = $1 AND state = 'pending'
  AND (claimed_until IS NULL OR claimed_until <= moment($2))
RETURNING id
"""


async def claim(conn: Connection, entry: int, stamp: datetime | None) -> QuarantineEntry:
    """Claim an entry for a while and return it.

    Raises NotFound, and Conflict when it is settled or somebody else has claimed it.
    """
    mine = await conn.fetchval(CLAIM, entry, stamp, CLAIM_FOR)
    kept = await by_id(conn, entry)
    if mine is None:
        settled = kept.state != "pending"
        raise Conflict(
            f"{entry} was {kept.state} before"
            if settled
            else f"{entry} is being read by somebody else right now"
        )
    return kept


REPLAYED = """
UPDATE quarantine
SET state = 'replayed', replayed_receipt_id = $2, settled_by = $3, claimed_until = NULL,
  tried_problem = '', settled_at = moment($4)
WHERE id = $1 AND state = 'pending'
"""


async def mark_replayed(
    conn: Connection, entry: int, receipt: UUID, by: str, stamp: datetime | None
) -> None:
    """Mark an entry as replayed: it was understood and committed."""
    await conn.execute(REPLAYED, entry, receipt, by, stamp)


REFUSED = """
UPDATE quarantine
SET tried_at = moment($3), tried_problem = $2,
  claimed_until = NULL
WHERE id = $1 AND state = 'pending'
"""


async def record_refusal(
    conn: Connection, entry: int, problem: str, stamp: datetime | None
) -> None:
    """Store that an entry still cannot be understood."""
    await conn.execute(REFUSED, entry, problem[:1_000], stamp)


RELEASE = "UPDATE quarantine SET claimed_until = NULL WHERE id = $1 AND state = 'pending'"


async def release(conn: Connection, entry: int) -> None:
    """Release the claim on an entry that was not settled."""
    await conn.execute(RELEASE, entry)


DROP = """
UPDATE quarantine SET state = 'dropped', reason = $2, settled_by = $3,
  settled_at = moment($4)
WHERE id = $1 AND state = 'pending'
  AND (claimed_until IS NULL OR claimed_until <= moment($4))
RETURNING id
"""


async def drop(
    conn: Connection, entry: int, reason: str, by: str, stamp: datetime | None
) -> tuple[QuarantineEntry, bool]:
    """Drop an entry; return it, and whether this call dropped it.

    Who dropped it first, and why, stays. Raises NotFound, and Conflict when it was replayed or
    somebody is reading it again.
    """
    fresh = await conn.fetchval(DROP, entry, reason, by, stamp) is not None
    kept = await by_id(conn, entry)
    if kept.state == "pending":
        raise Conflict(f"{entry} is being read by somebody else right now")
    if kept.state == "replayed":
        raise Conflict(f"{entry} was replayed before")
    return kept, fresh
