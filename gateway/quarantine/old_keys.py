"""Masking of API keys in bodies that an earlier release stored unmasked.

It works page by page, each in a short transaction, one replica at a time, and is finished once
all rows that are older than a day after the upgrade were looked through. Only rows that hold a
key leave the database.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.db.pool import Connection, Pool, transaction
from gateway.timing.clock import Clock
from gateway.tokens.key_texts import redact_body_keys, redact_keys

PAGE = 200
"""The rows that are checked in one transaction."""

SECONDS = 2.0
"""The seconds that one run takes."""

PLACE = "SELECT after_id, until FROM keys_masked WHERE relation = $1 FOR UPDATE SKIP LOCKED"
MOVE = "UPDATE keys_masked SET after_id = $2 WHERE relation = $1"
DONE = "DELETE FROM keys_masked WHERE relation = $1"
IS_OVER = "SELECT moment($2) > $1::timestamptz"

RECEIPTS = """
WITH page AS MATERIALIZED (
  SELECT id, received_at FROM receipt WHERE id > $1::text::uuid AND received_at < $2::timestamptz
  ORDER BY id LIMIT $3::int
)
SELECT p.id::text AS id, p.received_at, position('gwk_'::bytea IN r.body) > 0 AS has_key
FROM page p JOIN receipt r ON r.id = p.id AND r.received_at = p.received_at ORDER BY p.id
"""
ONE_RECEIPT = "SELECT body FROM receipt WHERE id = $1::text::uuid AND received_at = $2"
KEEP_RECEIPT = "UPDATE receipt SET body = $3 WHERE id = $1::text::uuid AND received_at = $2"

QUARANTINED = """
SELECT id::text AS id,
  position('gwk_'::bytea IN body) > 0 OR headers::text LIKE '%gwk\\_%'
  OR problem LIKE '%gwk\\_%' AS has_key
FROM quarantine WHERE id > $1::text::bigint AND received_at < $2::timestamptz
ORDER BY id LIMIT $3::int
"""
ONE_QUARANTINED = (
    "SELECT body, headers::text AS headers, problem FROM quarantine WHERE id = $1::text::bigint"
)
KEEP_QUARANTINED = (
    "UPDATE quarantine SET body = $2, headers = $3::text::json, problem = $4 "
    "WHERE id = $1::text::bigint"
)

ASIDE = """
SELECT id::text AS id,
  position('gwk_'::bytea IN body) > 0 OR subject LIKE '%gwk\\_%' OR text LIKE '%gwk\\_%'
  OR recipients::text LIKE '%gwk\\_%' AS has_key
FROM set_aside WHERE id > $1::text::bigint AND received_at < $2::timestamptz
ORDER BY id LIMIT $3::int
"""
ONE_ASIDE = "SELECT body, subject, text, recipients FROM set_aside WHERE id = $1::text::bigint"
KEEP_ASIDE = (
    "UPDATE set_aside SET body = $2, subject = $3, text = $4, recipients = $5 "
    "WHERE id = $1::text::bigint"
)


async def mask_old_keys(pool: Pool, clock: Clock) -> int:
    """Check more rows, for two seconds; return how many were checked."""
    began, seen = clock.monotonic(), 0
    for relation in TABLES:
        looked_at = PAGE
        while looked_at == PAGE and clock.monotonic() - began < SECONDS:
            async with transaction(pool) as conn:
                looked_at = await _page(conn, relation, clock)
            seen += looked_at
    return seen


async def _page(conn: Connection, relation: str, clock: Clock) -> int:
    """Check one page of a table; return how many rows it had."""
    at = await conn.fetchrow(PLACE, relation)
    if at is None:
        return 0
    statement, mask = TABLES[relation]
    rows = await conn.fetch(statement, at["after_id"], at["until"], PAGE)
    for row in rows:
        if row["has_key"]:
            await mask(conn, row)
    if rows:
        await conn.execute(MOVE, relation, rows[-1]["id"])
    elif await conn.fetchval(IS_OVER, at["until"], clock.stamp()):
        await conn.execute(DONE, relation)
    return len(rows)


async def _receipt(conn: Connection, found: Any) -> None:
    at = found["id"], found["received_at"]
    for row in await conn.fetch(ONE_RECEIPT, *at):
        await conn.execute(KEEP_RECEIPT, *at, redact_body_keys(row["body"]))


async def _quarantined(conn: Connection, found: Any) -> None:
    for row in await conn.fetch(ONE_QUARANTINED, found["id"]):
        masked = (
            redact_body_keys(row["body"]),
            redact_keys(row["headers"]),
            redact_keys(row["problem"]),
        )
        await conn.execute(KEEP_QUARANTINED, found["id"], *masked)


async def _aside(conn: Connection, found: Any) -> None:
    for row in await conn.fetch(ONE_ASIDE, found["id"]):
        texts = (
            redact_keys(row["subject"]),
            redact_keys(row["text"]),
            list(map(redact_keys, row["recipients"])),
        )
        await conn.execute(KEEP_ASIDE, found["id"], redact_body_keys(row["body"]), *texts)


TABLES: Mapping[str, tuple[str, Callable[[Connection, Any], Awaitable[None]]]] = {
    "quarantine": (QUARANTINED, _quarantined),
    "receipt": (RECEIPTS, _receipt),
    "set_aside": (ASIDE, _aside),
}
