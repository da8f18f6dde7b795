"""Incidents with timers, and an effect that leaves a trace, for tests of the timer runner."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from gateway.db.pool import Connection, Pool
from gateway.incidents.arming import arm_timers
from gateway.incidents.record import Revision
from gateway.sla.timers.firing import FiringEffect
from gateway.sla.timers.timer_store import Armed, DueTimer
from gateway.vocabulary import TimerKind

EFFECTS = UUID("00000000-0000-0000-0000-00000000000e")

INSERT_INCIDENTS = """
INSERT INTO incident (id, number, priority, impact, urgency, title, source, occurred_at,
                      recorded_at, updated_at, policy, ledger, version, timeline_hash)
SELECT id, 'INC-' || id, priority, 'group', 'normal', 'disk full', 'generic', $3, $3, $3,
  'itil-minutes', '[]', 1, ''
FROM unnest($1::bigint[], $2::smallint[]) AS given (id, priority)
ON CONFLICT DO NOTHING
"""

INSERT_EFFECTS = """
INSERT INTO outbox (id, incident_id, channel, recipient, template, facts, created_at,
    next_attempt_at)
SELECT id, incident_id, 'test', kind::text, 'effect', facts, $5, $5
FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::json[]) AS given (id, incident_id, kind, facts)
"""

SELECT_EFFECTS = (
    "SELECT incident_id, recipient::int AS kind, facts, created_at FROM outbox "
    "ORDER BY created_at, incident_id"
)


async def insert_incidents(
    pool: Pool, now: datetime, incidents: Iterable[int], priority: int = 3
) -> None:
    """Insert minimal incidents by ID."""
    ids = list(incidents)
    await pool.execute(INSERT_INCIDENTS, ids, [priority] * len(ids), now)


async def arm_all(
    pool: Pool, due_at: datetime, incidents: Iterable[int], kind: TimerKind = TimerKind.SLA
) -> list[Armed]:
    """Arm one timer of each incident, as intake would, and return them."""
    armed = [Armed(incident, kind, due_at) for incident in incidents]
    await arm_timers(pool, armed)  # type: ignore[arg-type]
    return armed


async def effects(pool: Pool) -> list[tuple[int, int, int]]:
    """Return (incident, kind, generation) of every effect written."""
    return [
        (row["incident_id"], row["kind"], json.loads(row["facts"])["gen"])
        for row in await pool.fetch(SELECT_EFFECTS)
    ]


class TracingEffect:
    """An effect of one row; a second one of the same generation violates the primary key.

    Incidents in `poison` fail; with `repeat` timers are armed again that much later.
    """

    def __init__(self, poison: Iterable[int] = (), repeat: timedelta | None = None) -> None:
        self.poison = frozenset(poison)
        self.repeat = repeat
        self.batches: list[list[int]] = []

    async def __call__(
        self, conn: Connection, timers: Sequence[DueTimer], now: datetime
    ) -> FiringEffect:
        assert all(timer.due_at <= now for timer in timers)
        ids = [uuid5(EFFECTS, f"{t.incident_id}/{t.kind}/{t.gen}") for t in timers]
        facts = [json.dumps({"gen": t.gen}) for t in timers]
        await conn.execute(
            INSERT_EFFECTS,
            ids,
            [t.incident_id for t in timers],
            [int(t.kind) for t in timers],
            facts,
            now,
        )
        if self.poison.intersection(t.incident_id for t in timers):
            raise ValueError("poison")
        self.batches.append([timer.incident_id for timer in timers])
        return FiringEffect(
            [Armed(t.incident_id, t.kind, now + self.repeat) for t in timers] if self.repeat else []
        )


class NullObserver:
    """An observer that ignores everything."""

    def fired(self, lateness_seconds: float, kind: TimerKind) -> None: ...
    def changed(self, revisions: Sequence[Revision]) -> None: ...
    def poisoned(self, kind: TimerKind) -> None: ...
    def step_broke(self) -> None: ...
    def wheel_size(self, size: int) -> None: ...
    def backlog(self, size: int) -> None: ...
    def shards_owned(self, count: int) -> None: ...
    def index_up(self, up: bool) -> None: ...
    def rebuilt(self, shard: int) -> None: ...
    def missed(self, count: int) -> None: ...
    def clock_trusted(self, trusted: bool) -> None: ...
