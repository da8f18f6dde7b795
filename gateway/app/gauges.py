"""Metrics that are read from the database every `EVERY_S` seconds, in every replica.

Every statement reads rows of a partial index (open incidents, armed timers, unsettled
notifications, pending quarantine), so the cost grows with the open records and not with the
history. Each gauge is cleared and filled without an await in between, so that no scrape sees it
empty.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from asyncpg import Record

from gateway.db.pool import Connection
from gateway.incidents.ledger import Ledger, from_json
from gateway.notify import outbox
from gateway.observe.incident_metrics import CLOCKS, NEAREST
from gateway.observe.metric_labels import OutboxState
from gateway.observe.metrics import Metrics
from gateway.sla.timers.timer_store import KINDS
from gateway.timing.clock import iterate_in_chunks

RemainingTimes = Callable[[tuple[str, str, str], Ledger, datetime], Mapping[str, float]]
"""A function that returns the seconds left on each running SLA clock of an incident.

Its arguments are (policy, kind, service), the ledger and the instant.
"""

EVERY_S = 10.0
CANDIDATES = 4 * NEAREST
"""The most incidents read by their next threshold, to find those nearest to a due time.

The next threshold may be a warning.
"""

RECORDS_PER_CHUNK = 25
"""Incidents whose clocks are read before other tasks run."""

PressingClock = tuple[float, str, str, str, str]
"""Seconds left, clock, number, kind and priority of one incident."""


OPEN = """
SELECT kind, priority, state, tier, count(*)::int AS incidents,
       count(*) FILTER (WHERE NOT breached)::int AS on_time
FROM incident WHERE is_open(state)
GROUP BY kind, priority, state, tier
"""


async def count_open(conn: Connection, metrics: Metrics) -> None:
    """Count open records by kind, priority, state and tier, and those within their targets."""
    on_time: dict[tuple[str, str], int] = {}
    rows = await conn.fetch(OPEN)
    metrics.incidents.clear_open()
    for row in rows:
        kind, priority = row["kind"], str(row["priority"])
        metrics.incidents.open.labels(kind, priority, row["state"], row["tier"]).set(
            row["incidents"]
        )
        on_time[kind, priority] = on_time.get((kind, priority), 0) + row["on_time"]
    for (kind, priority), incidents in on_time.items():
        metrics.incidents.within_targets.labels(kind, priority).set(incidents)


BREACHED = """
SELECT i.kind, i.priority, split_part(m.mark, '@', 1) AS clock, count(*)::int AS incidents
FROM incident i CROSS JOIN LATERAL json_array_elements_text(i.marks) AS m (mark)
WHERE is_open(i.state) AND i.breached AND m.mark LIKE '%@breach'
GROUP BY 1, 2, 3
"""


async def count_breached(conn: Connection, metrics: Metrics) -> None:
    """Count open incidents over a target, by the breached clock.

    The clock is that of a mark such as "overall@breach".
    """
    rows = await conn.fetch(BREACHED)
    metrics.incidents.clear_breached()
    for row in rows:
        if row["clock"] in CLOCKS:
            labels = (row["clock"], row["kind"], str(row["priority"]))
            metrics.incidents.breached.labels(*labels).set(row["incidents"])


NEAREST_DUE = """
SELECT number, priority, policy, kind, service, ledger::text AS ledger FROM incident
WHERE is_open(state) AND NOT security
  AND next_due_at IS NOT NULL
ORDER BY next_due_at, id LIMIT $1
"""

PAST_ALL = """
SELECT number, priority, policy, kind, service, ledger::text AS ledger FROM incident
WHERE is_open(state) AND NOT security
  AND breached AND next_due_at IS NULL
ORDER BY priority, recorded_at, id LIMIT $1
"""


async def set_nearest_due(
    conn: Connection, metrics: Metrics, now: datetime, running: RemainingTimes
) -> None:
    """Set the gauge of the incidents nearest to a due time, and of those past every target.

    It holds at most `NEAREST` of each. Security incidents are never among them, because
    everybody who may read metrics sees it.
    """
    ahead = await _named(conn, NEAREST_DUE, CANDIDATES, now, running)
    past = await _named(conn, PAST_ALL, NEAREST, now, running)
    metrics.incidents.remaining.clear()
    for seconds, *labels in (*sorted(ahead)[:NEAREST], *past):
        metrics.incidents.remaining.labels(*labels).set(seconds)


async def _named(
    conn: Connection, statement: str, limit: int, now: datetime, running: RemainingTimes
) -> list[PressingClock]:
    """Return the most urgent clock of each incident: the next due, or the last overdue."""
    found: list[PressingClock] = []
    async for piece in iterate_in_chunks(await conn.fetch(statement, limit), RECORDS_PER_CHUNK):
        found += [named for row in piece if (named := _pressing(row, now, running)) is not None]
    return found


def _pressing(row: Record, now: datetime, running: RemainingTimes) -> PressingClock | None:
    """Return the most urgent clock of one incident, or None if none runs."""
    promised = (row["policy"], row["kind"], row["service"])
    left = {s: clock for clock, s in running(promised, from_json(row["ledger"]), now).items()}
    if not left:
        return None
    seconds = min((s for s in left if s > 0), default=max(left))
    return seconds, left[seconds], row["number"], row["kind"], str(row["priority"])


SILENT = """
SELECT cause, count(*)::int AS incidents FROM silent_incident GROUP BY cause
UNION ALL
SELECT 'shelved_past_end', count(*)::int FROM incident
WHERE is_open(state) AND shelved_until < moment($1) - interval '1 min'
"""


async def count_silent(conn: Connection, metrics: Metrics, now: datetime) -> None:
    """Count open incidents of which nobody was notified at their present urgency.

    Those that should have returned from being shelved are among them. See docs/silence.md.
    """
    rows = await conn.fetch(SILENT, now)
    metrics.incidents.clear_silent()
    for row in rows:
        metrics.incidents.silent.labels(row["cause"]).set(row["incidents"])


TIMERS = """
SELECT count(*)::int AS armed, count(*) FILTER (WHERE NOT sound)::int AS set_aside,
       count(*) FILTER (
         WHERE sound AND due_at < moment($1) - interval '10 s')::int AS overdue
FROM (SELECT due_at,
             due_at BETWEEN '1970-01-01 00:00+00' AND '3000-01-01 00:00+00'
             AND kind = ANY($2::smallint[]) AS sound
      FROM timer WHERE armed) AS t
"""


async def count_timers(conn: Connection, metrics: Metrics, now: datetime) -> None:
    """Count armed timers, those more than 10 s late, and those set aside as invalid."""
    row = await conn.fetchrow(TIMERS, now, KINDS)
    for gauge, name in (
        (metrics.timers.armed, "armed"),
        (metrics.timers.overdue, "overdue"),
        (metrics.timers.aside, "set_aside"),
    ):
        gauge.set(row[name] if row else 0)


AUDIT = """
SELECT extract(epoch FROM moment($1) - at)::float8 FROM audit_seal ORDER BY seq DESC LIMIT 1
"""


async def set_seal_age(conn: Connection, metrics: Metrics, now: datetime) -> None:
    """Set the seconds since the newest audit seal; 0 while there is none."""
    metrics.audit_age.set(await conn.fetchval(AUDIT, now) or 0.0)


async def count_outbox(conn: Connection, metrics: Metrics, now: datetime) -> None:
    """Set the number of unsettled notifications by channel, and the age of the oldest."""
    counts: dict[tuple[str, OutboxState], int] = {}
    oldest = 0.0
    for depth in await outbox.depth(conn, now):
        key = (
            metrics.notifications.channel(depth.channel),
            OutboxState.RETRYING if depth.retrying else OutboxState.WAITING,
        )
        counts[key] = counts.get(key, 0) + depth.rows
        oldest = max(oldest, depth.oldest_s)
    metrics.notifications.clear_outbox()
    for (channel, state), rows in counts.items():
        metrics.notifications.outbox_depth.labels(channel, state.value).set(rows)
    metrics.notifications.outbox_age.set(oldest)


MONITORS = """
SELECT CASE WHEN NOT enabled THEN 'paused' WHEN down_since IS NOT NULL THEN 'down'
            WHEN pinged_at IS NULL THEN 'new' ELSE 'up' END AS state,
       count(*)::int AS monitors
FROM monitor GROUP BY 1
"""


async def count_monitors(conn: Connection, metrics: Metrics) -> None:
    """Count monitors by state."""
    rows = await conn.fetch(MONITORS)
    metrics.clear_monitors()
    for row in rows:
        metrics.monitors.labels(row["state"]).set(row["monitors"])


QUARANTINE = """
SELECT source, count(*)::int AS waiting,
       extract(epoch FROM $1::timestamptz - min(received_at))::float8 AS age
FROM (SELECT source, received_at FROM quarantine WHERE state = 'pending'
      ORDER BY source, id LIMIT 100000) AS oldest
GROUP BY source ORDER BY age
"""


async def count_quarantine(conn: Connection, metrics: Metrics, now: datetime) -> None:
    """Count pending items in quarantine by source, up to 100,000 in all."""
    rows = await conn.fetch(QUARANTINE, now)
    metrics.clear_quarantine()
    for row in rows:
        metrics.quarantined(row["source"], row["waiting"], max(0.0, row["age"]))


async def refresh(
    conn: Connection, metrics: Metrics, now: datetime | None, running: RemainingTimes
) -> None:
    """Set all these gauges from one snapshot; `now` None uses PostgreSQL's clock.

    Raises the errors of the database; the gauges not yet set then keep their values.
    """
    started = time.perf_counter()
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        moment = now or await conn.fetchval("SELECT statement_timestamp()")
        await count_open(conn, metrics)
        await count_breached(conn, metrics)
        await set_nearest_due(conn, metrics, moment, running)
        await count_silent(conn, metrics, moment)
        await count_timers(conn, metrics, moment)
        await count_outbox(conn, metrics, moment)
        await set_seal_age(conn, metrics, moment)
        await count_monitors(conn, metrics)
        await count_quarantine(conn, metrics, moment)
    metrics.refresh_seconds.set(time.perf_counter() - started)
    metrics.refreshed_at.set(moment.timestamp())
