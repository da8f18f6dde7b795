"""Setting of the timers of incidents, in the transaction that makes them due."""

from collections.abc import Iterable
from datetime import datetime

from gateway.db.pool import Connection

SHARDS = 64
"""The number of shards that timers are spread over by incident id, also in stored rows."""

ARM = """
INSERT INTO timer (incident_id, kind, shard, armed, due_at)
SELECT a.incident_id, a.kind, a.incident_id % $4::int, a.due_at IS NOT NULL, a.due_at
FROM unnest($1::bigint[], $2::smallint[], $3::timestamptz[]) AS a (incident_id, kind, due_at)
WHERE a.due_at IS NOT NULL
   OR EXISTS (SELECT FROM timer t WHERE t.incident_id = a.incident_id AND t.kind = a.kind)
ORDER BY a.incident_id, a.kind
ON CONFLICT (incident_id, kind) DO UPDATE
SET gen = timer.gen + 1, armed = excluded.armed, due_at = coalesce(excluded.due_at, timer.due_at)
WHERE timer.armed <> excluded.armed OR (excluded.armed AND timer.due_at <> excluded.due_at)
"""


async def arm_timers(conn: Connection, timers: Iterable[tuple[int, int, datetime | None]]) -> None:
    """Arm, move or (due None) disarm timers; a generation changes only if its timer does."""
    last = {(incident_id, kind): due_at for incident_id, kind, due_at in timers}
    if last:
        await conn.execute(
            ARM,
            [key[0] for key in last],
            [int(key[1]) for key in last],
            list(last.values()),
            SHARDS,
        )
