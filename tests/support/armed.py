"""Thousands of timers that soon fire: resolved records due to close, inserted by SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import asyncpg

from gateway.escalation.due_times import SPREAD
from gateway.incidents.ledger import ClockEvent, LedgerEntry, to_json

CLOSE_AFTER = timedelta(hours=48)
"""The delay of automatic closing in the shipped policy."""

RECORDS = """
INSERT INTO incident (id, number, state, priority, impact, urgency, title, source, occurred_at,
                      recorded_at, updated_at, resolved_at, policy, ledger, version, timeline_hash)
SELECT nextval('incident_id_seq'), x.number, 'resolved', 1 + (x.place % 4)::int, 'group', 'normal',
       'armed', 'test', x.at, x.at, x.at, x.at, 'itil-minutes', x.ledger::json, 1,
       sha256(x.number::bytea)
FROM unnest($1::text[], $2::timestamptz[], $3::text[])
WITH ORDINALITY AS x (number, at, ledger, place)
"""
TIMERS = """
INSERT INTO timer (incident_id, kind, shard, armed, due_at)
SELECT i.id, 2, i.id % 64, true, x.due
FROM unnest($1::text[], $2::timestamptz[]) AS x (number, due) JOIN incident i USING (number)
"""


async def arm_many(conn: "asyncpg.Connection[Any]", count: int, first: float, last: float) -> None:
    """Arm `count` timers, due evenly between `first` and `last` seconds from now.

    Now is by PostgreSQL's clock.
    """
    now: datetime = await conn.fetchval("SELECT clock_timestamp()")
    dues = [
        now + timedelta(seconds=first + (last - first) * place / count) for place in range(count)
    ]
    numbers = [f"TMR{place:07}" for place in range(count)]
    resolved = [
        due - CLOSE_AFTER - timedelta(seconds=crc32(n.encode()) % SPREAD)
        for n, due in zip(numbers, dues, strict=True)
    ]
    await conn.execute(RECORDS, numbers, resolved, [_ledger(at) for at in resolved])
    await conn.execute(TIMERS, numbers, dues)


def _ledger(at: datetime) -> str:
    opened = LedgerEntry(at - timedelta(minutes=1), ClockEvent.RECORD, priority=3)
    return to_json((opened, LedgerEntry(at, ClockEvent.RESOLVE)))


ALL_FIRED = "SELECT NOT EXISTS (SELECT FROM timer WHERE armed AND kind = 2)"
FIRING_COUNTS = """
SELECT count(*) FILTER (WHERE coalesce(n, 0) = 0) AS lost, count(*) FILTER (WHERE n > 1) AS doubled,
       count(*) FILTER (WHERE fired_at < due_at OR at < due_at) AS early,
       coalesce(extract(epoch FROM max(fired_at - due_at)), 0)::float AS latest,
       coalesce(extract(epoch FROM percentile_cont(0.99) WITHIN GROUP (ORDER BY fired_at - due_at)),
         0)::float AS p99
FROM timer LEFT JOIN (
  SELECT incident_id, count(*) AS n, min(at) AS at FROM timeline WHERE event = 'closed'
  GROUP BY incident_id
) AS told USING (incident_id)
WHERE kind = 2
"""


@dataclass(frozen=True)
class FiringCounts:
    """The counts of fired timers by the timelines; `latest` and `p99` are seconds of delay."""

    lost: int
    doubled: int
    early: int
    latest: float
    p99: float

    @property
    def right(self) -> bool:
        return (self.lost, self.doubled, self.early) == (0, 0, 0)


async def count_firings(conn: "asyncpg.Connection[Any]") -> FiringCounts:
    row = await conn.fetchrow(FIRING_COUNTS)
    assert row is not None
    return FiringCounts(**row)


async def last_due_ids(conn: "asyncpg.Connection[Any]", count: int) -> Sequence[int]:
    """Return the IDs of records whose timers are due last."""
    rows = await conn.fetch(
        "SELECT incident_id FROM timer WHERE armed ORDER BY due_at DESC LIMIT $1", count
    )
    return [row["incident_id"] for row in rows]
