"""All statements on the table `timer` except arming (incidents/arming.py).

The row decides: a timer fires if the row says that it is due on PostgreSQL's clock, and only
then.

All functions take `now` as given by `clock.stamp()`: None means PostgreSQL's time. A timer is
named by (incident id, kind).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from gateway.db.pool import Connection
from gateway.timing.instants import EARLIEST
from gateway.vocabulary import TimerKind

KINDS = [int(kind) for kind in TimerKind]
"""The kinds of timers that this release knows.

Kinds of another release, and times outside of the calendar, such as infinity, are not read: they
stay as they are, gauges count them as set aside, and they keep nothing else from firing.
"""


class TimerId(NamedTuple):
    """The name of a timer."""

    incident_id: int
    kind: TimerKind


class Armed(NamedTuple):
    """A timer and its due time; None says that it is disarmed."""

    incident_id: int
    kind: TimerKind
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer found due, with its row and its incident's row locked until the transaction ends."""

    incident_id: int
    kind: TimerKind
    gen: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LockedTimers:
    """The timers that `lock_due` locked, and the moment it compared with."""

    now: datetime
    timers: tuple[DueTimer, ...]


LOCK_DUE = """
SELECT t.incident_id, t.kind, t.gen, t.due_at, moment($3) AS now
FROM unnest($1::bigint[], $2::smallint[]) AS asked (incident_id, kind)
JOIN timer t ON t.incident_id = asked.incident_id AND t.kind = asked.kind
JOIN incident i ON i.id = t.incident_id
WHERE t.armed AND t.due_at <= moment($3) AND t.due_at >= '1970-01-01 00:00+00'
ORDER BY i.priority, t.due_at, t.incident_id, t.kind
LIMIT $4
FOR UPDATE OF t, i SKIP LOCKED
"""


async def lock_due(
    conn: Connection, ids: Sequence[TimerId], now: datetime | None, limit: int = 200
) -> LockedTimers | None:
    """Lock those of `ids` that are armed and due, worst priority first.

    Rows locked by someone else are left out, not awaited. None when nothing could be locked. The
    locks last until the caller's transaction ends.
    """
    asked = set(ids)
    rows = await conn.fetch(
        LOCK_DUE, [t.incident_id for t in asked], [int(t.kind) for t in asked], now, limit
    )
    if not rows:
        return None
    timers = (DueTimer(r["incident_id"], TimerKind(r["kind"]), r["gen"], r["due_at"]) for r in rows)
    return LockedTimers(rows[0]["now"], tuple(timers))


SETTLE = """
UPDATE timer t SET armed = false, fired_at = $4, fired_gen = f.gen, fired_epoch = f.epoch
FROM unnest($1::bigint[], $2::smallint[], $3::int[], $5::bigint[])
  AS f (incident_id, kind, gen, epoch)
WHERE t.incident_id = f.incident_id AND t.kind = f.kind AND t.gen = f.gen AND t.armed
"""


async def mark_fired(
    conn: Connection, fired: Sequence[DueTimer], epochs: Sequence[int | None], now: datetime
) -> int:
    """Mark timers as fired and disarm them; return how many rows were still as they were read.

    A stale generation changes no row. `epochs` are those of the leases the timers were fired
    under, None where fired without one because overdue.
    """
    ids, kinds, gens = (
        [t.incident_id for t in fired],
        [int(t.kind) for t in fired],
        [t.gen for t in fired],
    )
    status = await conn.execute(SETTLE, ids, kinds, gens, now, list(epochs))
    return int(status.rpartition(" ")[2])


DUE_SOON = """
SELECT incident_id, kind, due_at FROM timer
WHERE shard = ANY($1::smallint[]) AND armed AND due_at <= moment($2) + $3::interval
  AND due_at >= '1970-01-01 00:00+00' AND kind = ANY($5::smallint[])
ORDER BY due_at LIMIT $4
"""


async def due_soon(
    conn: Connection,
    shards: Iterable[int],
    now: datetime | None,
    within: timedelta,
    limit: int = 20_000,
) -> list[Armed]:
    """Return the timers of these shards that fall due within `within` of now, oldest first.

    A negative `within` selects those overdue by more than that.
    """
    return _armed(await conn.fetch(DUE_SOON, list(shards), now, within, limit, KINDS))


ARMED = """
SELECT incident_id, kind, due_at FROM timer
WHERE shard = $1 AND armed
  AND (due_at, incident_id, kind) > ($2::timestamptz, $3::bigint, $4::smallint)
  AND due_at < '3000-01-01 00:00+00' AND kind = ANY($6::smallint[])
ORDER BY due_at, incident_id, kind LIMIT $5
"""

START = Armed(0, TimerKind.SLA, EARLIEST)
"""The position before every timer, where a scan begins."""


async def armed_page(
    conn: Connection, shard: int, after: Armed = START, limit: int = 5_000
) -> list[Armed]:
    """Return the next page of a shard's armed timers by due time.

    `after` is the last one of the previous page.
    """
    return _armed(
        await conn.fetch(
            ARMED, shard, after.due_at, after.incident_id, int(after.kind), limit, KINDS
        )
    )


RANKED = """
SELECT i.priority, t.incident_id, t.kind, t.due_at
FROM unnest($1::bigint[], $2::smallint[]) AS asked (incident_id, kind)
JOIN timer t ON t.incident_id = asked.incident_id AND t.kind = asked.kind
JOIN incident i ON i.id = t.incident_id
WHERE t.armed AND t.due_at BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00'
"""


async def armed_with_priority(conn: Connection, ids: Sequence[TimerId]) -> list[tuple[int, Armed]]:
    """Return those of `ids` that are still armed, each with its incident's priority."""
    rows = await conn.fetch(RANKED, [t.incident_id for t in ids], [int(t.kind) for t in ids])
    return list(zip((r["priority"] for r in rows), _armed(rows), strict=True))


POSTPONE = """
UPDATE timer SET due_at = greatest(due_at, moment($3)) + $4::interval, gen = gen + 1
WHERE incident_id = $1 AND kind = $2 AND armed
RETURNING incident_id, kind, due_at
"""


async def postpone(
    conn: Connection, timer: TimerId, now: datetime | None, by: timedelta
) -> list[Armed]:
    """Postpone a timer whose firing fails, so that it does not delay others.

    Empty when it is no longer armed.
    """
    return _armed(await conn.fetch(POSTPONE, timer.incident_id, int(timer.kind), now, by))


def _armed(rows: Sequence[asyncpg.Record]) -> list[Armed]:
    return [Armed(r["incident_id"], TimerKind(r["kind"]), r["due_at"]) for r in rows]
