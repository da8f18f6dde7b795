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
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire
from gateway.incidents.record import Incident
from gateway.operations.rounds.recalculation import AGAIN, LONGEST, recalculate
from gateway.operations.unit_of_work import UnitOfWork
from gateway.timing.periodic import PeriodicJob

log = structlog.get_logger()

ROLLING = timedelta(minutes=10)
"""The time after a change during which replicas that learn of it late repeat the pass."""


TOLD = """
SELECT DISTINCT incident_id FROM timeline
WHERE incident_id = ANY($1::bigint[]) AND event = 'sla_redated' AND facts->>'service' = $2
  AND facts->>'version' = $3
  AND at > coalesce($4::timestamptz, '-infinity')
"""


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
    uow: UnitOfWork

    async def noted(self, conn: Connection, ids: Sequence[int]) -> set[int]:
        """Return those of the records whose timeline names these targets already."""
        rows = await conn.fetch(TOLD, ids, self.service, self.promise.version, self.at)
        return {row["incident_id"] for row in rows}

    def apply(self, incident: Incident) -> Incident | None:
        """Return the record under its policy now; None if it is of another service.

        It is the policy that such a record gets now, if it has the one it got before the change;
        else the one it has.
        """
        if incident.service != self.service:
            return None
        choice = self.uow.rules.choice
        asked = (incident.kind, incident.service, incident.source, incident.priority)
        named = {self.service: self.policy_before} if self.policy_before else {}
        if incident.policy != replace(choice, services=named).policy_for(*asked):
            return incident
        return replace(incident, policy=choice.policy_for(*asked))

    def facts(self, before: Incident, after: Incident) -> Mapping[str, Any]:
        """Return the service, the version of its targets, and the policy before if it changes."""
        told = {"service": self.service, "version": self.promise.version}
        return told if after.policy == before.policy else told | {"policy_before": before.policy}


@dataclass(frozen=True, slots=True)
class ServiceRecalculation:
    """The recalculation of the open records of services whose targets changed."""

    uow: UnitOfWork

    def job(self) -> PeriodicJob:
        """Return the job that recalculates at the start and after every change.

        The first pass finds changes made while no replica ran.
        """
        changed = self.uow.catalogue.changed
        changed.set()
        return PeriodicJob(
            "service redating", AGAIN, self.run_if_changed, wake=changed, stuck_after=LONGEST
        )

    async def run_if_changed(self) -> None:
        """Recalculate if targets changed since the last pass that succeeded."""
        changed = self.uow.catalogue.changed
        if not changed.is_set():
            return
        changed.clear()
        try:
            await self.run_once()
        except BaseException:
            changed.set()
            raise

    async def run_once(self) -> int:
        """Recalculate the deadlines; return the number of records changed.

        A pass that was cut short goes on where it stopped.
        """
        done = 0
        for change in await self._changes():
            async with acquire(self.uow.pool) as conn:
                ids = [row["id"] for row in await conn.fetch(UNFINISHED, change.service)]
            done += await recalculate(self.uow, ids, change)
            async with acquire(self.uow.pool) as conn:
                await conn.execute(
                    APPLIED,
                    change.service,
                    change.promise.policy,
                    change.policy_before,
                    change.promise.version,
                    self.uow.clock.stamp(),
                )
        if done:
            log.info("service_records_redated", records=done)
        return done

    async def _changes(self) -> list[TargetChange]:
        async with acquire(self.uow.pool) as conn:
            now = await fetch_now(conn, self.uow.clock.stamp())
            rows = {row["service"]: row for row in await conn.fetch(PROMISED)}
        found = [
            self._change(slug, made, rows.get(slug))
            for slug, made in self.uow.catalogue.promises(rows).items()
        ]
        return [
            one for one in found if one.anew or (one.at is not None and now - one.at <= ROLLING)
        ]

    def _change(self, service: str, promise: ServicePromise, row: Record | None) -> TargetChange:
        anew = row is None or row["version"] != promise.version
        if row is None:
            before = self.uow.catalogue.configured.choice.services.get(service, "")
        else:
            before = row["policy"] if anew else row["policy_before"]
        at = None if row is None else row["applied_at"]
        return TargetChange(service, promise, before, at, anew, self.uow)


PROMISED = "SELECT service, policy, policy_before, version, applied_at FROM service_promise"

UNFINISHED = """
SELECT id FROM incident
WHERE service = $1 AND kind = 'incident' AND is_open(state)
UNION
SELECT i.id FROM timer t JOIN incident i ON i.id = t.incident_id
WHERE t.kind = 2 AND t.armed AND i.service = $1 AND i.kind = 'incident' AND i.state = 'resolved'
ORDER BY 1
"""

APPLIED = """
INSERT INTO service_promise AS s (service, policy, policy_before, version, applied_at)
VALUES ($1, $2, $3, $4, moment($5))
ON CONFLICT (service) DO UPDATE SET policy = excluded.policy,
  policy_before = excluded.policy_before,
  version = excluded.version, applied_at = excluded.applied_at
WHERE s.version <> excluded.version
"""
