"""The alerts of a batch that a silence holds back; PostgreSQL runs the patterns, so that none can hold up the loop.

A matcher looks at the label of its name; `service` and `ci` are also the service and the item that the alert is about.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec
import structlog

from gateway.db.pool import Connection
from gateway.dedup.plan import Item
from gateway.dedup.rows import as_json

ANSWER_WITHIN = 0.5
"""Seconds the matchers may take for one batch: after that they hold nothing back, for doubt opens."""

log = structlog.get_logger()


class Labelled(msgspec.Struct):
    """One alert of the statement."""

    place: int
    integration_id: int
    service: str
    ci: str
    labels: Mapping[str, str]


ACTIVE = """
SELECT EXISTS (SELECT FROM silence WHERE starts_at <= $1::timestamptz AND ends_at > $1::timestamptz
               AND (integration_id IS NULL OR integration_id = ANY($2::int[])))
"""

SILENCED = """
SELECT DISTINCT ON (t.place) t.place, s.ends_at, s.id
FROM silence s JOIN json_to_recordset($2::json) AS t(place int, integration_id int, service text, ci text, labels json)
  ON s.integration_id IS NULL OR s.integration_id = t.integration_id
WHERE s.starts_at <= $1::timestamptz AND s.ends_at > $1::timestamptz
  AND NOT EXISTS (
    SELECT FROM json_to_recordset(s.matchers) AS w(name text, sign text, pattern text)
    CROSS JOIN LATERAL (SELECT coalesce(nullif(array_remove(ARRAY[nullif(t.labels ->> w.name, ''),
      nullif(CASE w.name WHEN 'service' THEN t.service WHEN 'ci' THEN t.ci END, '')], NULL), '{}'), ARRAY['']) AS texts) AS has
    WHERE NOT CASE w.sign WHEN '=' THEN w.pattern = ANY(has.texts) WHEN '!=' THEN w.pattern <> ALL(has.texts)
                          WHEN '=~' THEN EXISTS (SELECT FROM unnest(has.texts) AS text WHERE text ~ w.pattern)
                          ELSE NOT EXISTS (SELECT FROM unnest(has.texts) AS text WHERE text ~ w.pattern) END)
ORDER BY t.place, s.ends_at DESC, s.id
"""


RELEASE = """
WITH held AS (
  SELECT a.key_hash FROM alert a JOIN silence s ON a.suppressed_until = ANY(s.cut_from)
  WHERE s.cut_from <> '{}' AND a.suppressed_until > coalesce($1::timestamptz, statement_timestamp())
  ORDER BY a.key_hash FOR UPDATE OF a SKIP LOCKED)
UPDATE alert a SET suppressed_until = coalesce($1::timestamptz, statement_timestamp()) FROM held
WHERE a.key_hash = held.key_hash
"""

FORGET = """
UPDATE silence SET cut_from = '{}'
WHERE cut_from <> '{}' AND updated_at < coalesce($1::timestamptz, statement_timestamp()) - interval '1 minute'
"""


async def release(conn: Connection, stamp: datetime | None) -> None:
    """Let go of what silences hold back that were ended early, so that it is judged anew.

    Done again for a minute: what intake decided while a silence was being ended is committed by then.
    """
    await conn.execute(RELEASE, stamp)
    await conn.execute(FORGET, stamp)


async def silenced(conn: Connection, items: Sequence[Item], now: datetime) -> dict[bytes, tuple[datetime, str]]:
    """By key the latest end of the silences that hold it back, and why; nothing for a key that none does."""
    if not await conn.fetchval(ACTIVE, now, sorted({item.integration_id for item in items})):
        return {}
    labelled = [_labelled(place, item) for place, item in enumerate(items)]
    try:
        async with conn.transaction():
            rows = await conn.fetch(SILENCED, now, as_json(labelled), timeout=ANSWER_WITHIN)
    except (TimeoutError, asyncpg.QueryCanceledError, asyncpg.InvalidRegularExpressionError) as error:
        log.warning("silences_not_judged", items=len(items), error=repr(error))
        return {}
    return {items[row["place"]].key_hash: (row["ends_at"], f"silence: {row['id']}") for row in rows}


def _labelled(place: int, item: Item) -> Labelled:
    alert = item.alert
    return Labelled(place, item.integration_id, alert.service, alert.ci, alert.labels)
