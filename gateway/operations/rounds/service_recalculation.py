"""The recalculation of deadlines of a service's open records when its SLA targets change.

Every replica looks, each as soon as it has read the change itself: the last to do so finds the
records whose deadlines replicas that did not know of it yet have set meanwhile.
`deadline_recalculation` does the same for a configuration that changed, when a replica starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from asyncpg import Record

from gateway.catalogue.live import ServicePromise
from gateway.db.pool import Connection, acquire, in_transaction
from gateway.escalation import record_timers
from gateway.incidents.record import Incident, Revision
from gateway.operations.rounds.deadline_recalculation import (
    AGAIN,
    BATCH,
    load_due_times,
    timer_moves,
)
from gateway.operations.unit_of_work import NOW, Transaction, UnitOfWork
from gateway.vocabulary import TimerKind

log = structlog.get_logger()

ROLLING = timedelta(minutes=10)
"""The time after a change during which replicas that learn of it late repeat the pass."""


@dataclass(frozen=True, slots=True)
class TargetChange:
    """A service whose targets changed since its records' deadlines were calculated.

    `at` is when they were last calculated.
    """

    service: str
    promise: ServicePromise
    policy_before: str
    at: datetime | None
    anew: bool


@dataclass(frozen=True, slots=True)
class ServiceRecalculation:
    """The recalculation of the open records of services whose targets changed."""

    uow: UnitOfWork

    async def run(self) -> None:
        """Recalculate at the start and after every change until cancelled.

        A failure is tried again.

        The first pass finds changes made while no replica ran.
        """
        changed = self.uow.catalogue.changed
        changed.set()
        while True:
            await changed.wait()
            changed.clear()
            try:
                await self.run_once()
            except Exception as error:  # noqa: BLE001 - the database may be away, and the log says what it was
                log.warning("service_redating_failed", error=repr(error))
                changed.set()
                await self.uow.clock.sleep(AGAIN)

    async def run_once(self) -> int:
        """Recalculate the deadlines; return the number of records changed.

        A pass that was cut short goes on where it stopped.
        """
        done = 0
        for change in await self._changes():
            async with acquire(self.uow.pool) as conn:
                ids = [row["id"] for row in await conn.fetch(UNFINISHED, change.service)]
            for place in range(0, len(ids), BATCH):
                done += await self._date(ids[place : place + BATCH], change)
            async with acquire(self.uow.pool) as conn:
                await conn.execute(
                    APPLIED, change.service, change.promise.policy, change.policy_before, change.promise.version,
                    self.uow.clock.stamp(),
                )  # fmt: skip
        if done:
            log.info("service_records_redated", records=done)
        return done

    async def _changes(self) -> list[TargetChange]:
        async with acquire(self.uow.pool) as conn:
            now = await conn.fetchval(NOW, self.uow.clock.stamp())
            rows = {row["service"]: row for row in await conn.fetch(PROMISED)}
        found = [
            self._change(slug, made, rows.get(slug))
            for slug, made in self.uow.catalogue.promises(rows).items()
        ]
        return [
            one for one in found if one.anew or (one.at is not None and now - one.at <= ROLLING)
        ]

    def _change(self, service: str, promise: ServicePromise, row: Record | None) -> TargetChange:
        if row is None:
            return TargetChange(
                service,
                promise,
                self.uow.catalogue.configured.choice.services.get(service, ""),
                None,
                anew=True,
            )
        anew = row["version"] != promise.version
        return TargetChange(
            service,
            promise,
            row["policy"] if anew else row["policy_before"],
            row["applied_at"],
            anew,
        )

    async def _date(self, ids: Sequence[int], change: TargetChange) -> int:
        tx: Transaction | None = None

        async def once(conn: Connection) -> int:
            nonlocal tx
            tx = Transaction(self.uow, conn, await conn.fetchval(NOW, self.uow.clock.stamp()))
            armed = await load_due_times(conn, ids)
            told = {
                row["incident_id"]
                for row in await conn.fetch(
                    TOLD, ids, change.service, change.promise.version, change.at
                )
            }
            revisions = [
                self._revision(
                    one,
                    change,
                    armed.get(one.id, {}),
                    tx.now,
                    anew=change.anew and one.id not in told,
                )
                for one in await tx.locked(ids)
                if one.service == change.service
            ]
            return len(await tx.write(revisions))

        written = await in_transaction(self.uow.pool, once)
        if tx is not None:
            self.uow.committed(tx.changes)
        return written

    def _revision(
        self,
        incident: Incident,
        change: TargetChange,
        armed: Mapping[TimerKind, datetime],
        now: datetime,
        *,
        anew: bool,
    ) -> Revision:
        """Return the revision of one record.

        It has a timeline entry if the targets changed under the record (`anew`), or its policy
        or a timer moves.
        """
        after = replace(incident, policy=self._policy(incident, change))
        _, arms = record_timers.refresh_timers(self.uow.rules, after, now)
        moves = list(timer_moves(armed, arms))
        if not (anew or moves or after.policy != incident.policy):
            return Revision(after=incident, actor=record_timers.ACTOR, events=())
        facts: dict[str, Any] = {
            "service": change.service,
            "policy": after.policy,
            "version": change.promise.version,
            "calendar_version": self.uow.rules.policy(after).calendar.version,
            "moves": moves,
        }
        if after.policy != incident.policy:
            facts["policy_before"] = incident.policy
        return Revision(after=after, actor=record_timers.ACTOR, events=(("sla_redated", facts),))

    def _policy(self, incident: Incident, change: TargetChange) -> str:
        """Return the policy of a record under the changed service.

        It is the policy that such a record gets now, if it has the one it got before the change;
        else the one it has.
        """
        rules, asked = (
            self.uow.rules,
            (incident.kind, incident.service, incident.source, incident.priority),
        )
        named = {change.service: change.policy_before} if change.policy_before else {}
        before = replace(rules.choice, services=named).policy_for(*asked)
        return rules.choice.policy_for(*asked) if incident.policy == before else incident.policy


PROMISED = "SELECT service, policy, policy_before, version, applied_at FROM service_promise"

UNFINISHED = """
SELECT id FROM incident
WHERE service = $1 AND kind = 'incident' AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
UNION
SELECT i.id FROM timer t JOIN incident i ON i.id = t.incident_id
WHERE t.kind = 2 AND t.armed AND i.service = $1 AND i.kind = 'incident' AND i.state = 'resolved'
ORDER BY 1
"""

TOLD = """
SELECT DISTINCT incident_id FROM timeline
WHERE incident_id = ANY($1::bigint[]) AND event = 'sla_redated' AND facts->>'service' = $2 AND facts->>'version' = $3
  AND at > coalesce($4::timestamptz, '-infinity')
"""

APPLIED = """
INSERT INTO service_promise AS s (service, policy, policy_before, version, applied_at)
VALUES ($1, $2, $3, $4, coalesce($5::timestamptz, statement_timestamp()))
ON CONFLICT (service) DO UPDATE SET policy = excluded.policy, policy_before = excluded.policy_before,
  version = excluded.version, applied_at = excluded.applied_at
WHERE s.version <> excluded.version
"""
