"""The recalculation of deadlines of open records whose policy changed in the configuration.

It runs when a replica starts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.db.pool import Connection, acquire, in_transaction
from gateway.escalation import record_timers
from gateway.incidents.record import Incident, Revision, TimerChange
from gateway.operations.rules_in_force import apply_rules
from gateway.operations.unit_of_work import NOW, Transaction, UnitOfWork
from gateway.vocabulary import TimerKind

log = structlog.get_logger()

BATCH = 50
"""The records of one transaction: few, because people and alerts wait for the locks."""

ROLLING = timedelta(hours=1)
"""The time after a change during which replicas may still run with the earlier configuration."""

AGAIN = 5.0
"""Seconds before a failed pass is repeated."""


@dataclass(frozen=True, slots=True)
class DeadlineRecalculation:
    """A pass over the policies that changed since the deadlines of records were last calculated."""

    uow: UnitOfWork

    async def run(self) -> None:
        """Repeat the pass until it has succeeded once."""
        while True:
            try:
                await self.run_once()
            except Exception as error:  # noqa: BLE001 - the database may be away, and the log says what it was
                log.warning("redating_failed", error=repr(error))
                await self.uow.clock.sleep(AGAIN)
            else:
                return

    async def run_once(self) -> int:
        """Recalculate the deadlines; return the number of records changed.

        A pass that was cut short goes on where it stopped.
        """
        done = 0
        await apply_rules(self.uow)
        for policy, version, known in await self._changed():
            async with acquire(self.uow.pool) as conn:
                ids = [row["id"] for row in await conn.fetch(UNFINISHED, policy)]
            for place in range(0, len(ids), BATCH):
                done += await self._date(ids[place : place + BATCH], policy, version, known)
            async with acquire(self.uow.pool) as conn:
                await conn.execute(APPLIED, policy, version, self.uow.clock.stamp())
        if done:
            log.info("records_redated", records=done)
        return done

    async def _changed(self) -> list[tuple[str, str, str | None]]:
        """Return the policies to look at.

        Each comes as (policy, its version now, the version that the deadlines of records were
        calculated by).
        """
        async with acquire(self.uow.pool) as conn:
            now = await conn.fetchval(NOW, self.uow.clock.stamp())
            rows = {row["policy"]: row for row in await conn.fetch(VERSIONS)}
        versions = self.uow.catalogue.configured.versions(rows)
        settled = {
            name
            for name, row in rows.items()
            if row["version"] == versions[name] and now - row["applied_at"] > ROLLING
        }
        return [
            (n, v, rows[n]["version"] if n in rows else None)
            for n, v in versions.items()
            if n not in settled
        ]

    async def _date(self, ids: Sequence[int], policy: str, version: str, known: str | None) -> int:
        tx: Transaction | None = None

        async def once(conn: Connection) -> int:
            nonlocal tx
            tx = Transaction(self.uow, conn, await conn.fetchval(NOW, self.uow.clock.stamp()))
            incidents = [one for one in await tx.locked(ids) if one.policy == policy]
            armed = await load_due_times(conn, ids)
            told = {row["incident_id"] for row in await conn.fetch(TOLD, ids, version)}
            anew = known not in (None, version)
            revisions = [
                self._revision(
                    one,
                    armed.get(one.id, {}),
                    version,
                    known,
                    anew=anew and one.id not in told,
                    now=tx.now,
                )
                for one in incidents
            ]
            return len(await tx.write(revisions))

        written = await in_transaction(self.uow.pool, once)
        if tx is not None and written:
            self.uow.committed(tx.changes)
        return written

    def _revision(
        self,
        incident: Incident,
        armed: Mapping[TimerKind, datetime],
        version: str,
        known: str | None,
        *,
        anew: bool,
        now: datetime,
    ) -> Revision:
        """Return the revision of one record.

        It has a timeline entry if the policy changed under the record (`anew`), or a timer of it
        moves.
        """
        _, arms = record_timers.refresh_timers(self.uow.rules, incident, now)
        moves = list(timer_moves(armed, arms))
        if not (anew or moves):
            return Revision(after=incident, actor=record_timers.ACTOR, events=())
        calendar = self.uow.rules.policy(incident).calendar.version
        facts: dict[str, Any] = {
            "policy": incident.policy,
            "version": version,
            "calendar_version": calendar,
            "moves": moves,
        }
        if known is not None:
            facts["version_before"] = known
        return Revision(after=incident, actor=record_timers.ACTOR, events=(("sla_redated", facts),))


def timer_moves(
    armed: Mapping[TimerKind, datetime], arms: Iterable[TimerChange]
) -> Iterable[Mapping[str, Any]]:
    """Yield each timer whose due time changes."""
    for arm in arms:
        if armed.get(arm.kind) != arm.due_at:
            yield {
                "timer": arm.kind.name.lower(),
                "before": armed.get(arm.kind),
                "after": arm.due_at,
            }


VERSIONS = "SELECT policy, version, applied_at FROM sla_version"

UNFINISHED = """
SELECT id FROM incident WHERE policy = $1 AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
UNION
SELECT i.id FROM timer t JOIN incident i ON i.id = t.incident_id
WHERE t.kind = 2 AND t.armed AND i.policy = $1 AND i.state = 'resolved'
ORDER BY 1
"""

ARMED = (
    "SELECT incident_id, kind, due_at FROM timer WHERE incident_id = ANY($1::bigint[]) AND armed"
)

TOLD = """
SELECT DISTINCT incident_id FROM timeline
WHERE incident_id = ANY($1::bigint[]) AND event = 'sla_redated' AND facts->>'version' = $2
"""

APPLIED = """
INSERT INTO sla_version AS s (policy, version, applied_at) VALUES ($1, $2, coalesce($3::timestamptz, statement_timestamp()))
ON CONFLICT (policy) DO UPDATE SET version = excluded.version, applied_at = excluded.applied_at
WHERE s.version <> excluded.version
"""


async def load_due_times(
    conn: Connection, ids: Sequence[int]
) -> Mapping[int, Mapping[TimerKind, datetime]]:
    """Return the due times of the timers of these records, by record and kind."""
    armed: dict[int, dict[TimerKind, datetime]] = {}
    for row in await conn.fetch(ARMED, ids):
        armed.setdefault(row["incident_id"], {})[TimerKind(row["kind"])] = row["due_at"]
    return armed
