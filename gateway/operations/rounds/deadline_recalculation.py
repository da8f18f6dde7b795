"""The recalculation of deadlines of open records whose policy changed in the configuration.

It runs when a replica starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire
from gateway.incidents.record import Incident
from gateway.operations.rounds.recalculation import AGAIN, LONGEST, recalculate
from gateway.operations.rules_in_force import apply_rules
from gateway.operations.unit_of_work import UnitOfWork
from gateway.timing.periodic import PeriodicJob

log = structlog.get_logger()

ROLLING = timedelta(hours=1)
"""The time after a change during which replicas may still run with the earlier configuration."""

TOLD = """
SELECT DISTINCT incident_id FROM timeline
WHERE incident_id = ANY($1::bigint[]) AND event = 'sla_redated' AND facts->>'version' = $2
"""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A policy to look at: its version now, and that by which deadlines were calculated."""

    policy: str
    version: str
    known: str | None

    @property
    def anew(self) -> bool:
        """True if deadlines were calculated by another version."""
        return self.known not in (None, self.version)

    async def noted(self, conn: Connection, ids: Sequence[int]) -> set[int]:
        """Return those of the records whose timeline names this version already."""
        return {row["incident_id"] for row in await conn.fetch(TOLD, ids, self.version)}

    def apply(self, incident: Incident) -> Incident | None:
        """Return the record as it is if it has the policy, else None."""
        return incident if incident.policy == self.policy else None

    def facts(self, _before: Incident, _after: Incident) -> Mapping[str, Any]:
        """Return the versions."""
        told = {"version": self.version}
        return told if self.known is None else told | {"version_before": self.known}


@dataclass(slots=True)
class DeadlineRecalculation:
    """A pass over the policies that changed since the deadlines of records were last calculated."""

    uow: UnitOfWork
    _done: bool = False

    def job(self) -> PeriodicJob:
        """Return the job that repeats the pass until it has succeeded once."""
        return PeriodicJob("redating", AGAIN, self.run_until_done, stuck_after=LONGEST)

    async def run_until_done(self) -> None:
        """Take the pass, unless it has succeeded before."""
        if not self._done:
            await self.run_once()
            self._done = True

    async def run_once(self) -> int:
        """Recalculate the deadlines; return the number of records changed.

        A pass that was cut short goes on where it stopped.
        """
        done = 0
        await apply_rules(self.uow)
        for change in await self._changed():
            async with acquire(self.uow.pool) as conn:
                ids = [row["id"] for row in await conn.fetch(UNFINISHED, change.policy)]
            done += await recalculate(self.uow, ids, change)
            async with acquire(self.uow.pool) as conn:
                await conn.execute(APPLIED, change.policy, change.version, self.uow.clock.stamp())
        if done:
            log.info("records_redated", records=done)
        return done

    async def _changed(self) -> list[PolicyChange]:
        """Return the policies to look at."""
        async with acquire(self.uow.pool) as conn:
            now = await fetch_now(conn, self.uow.clock.stamp())
            rows = {row["policy"]: row for row in await conn.fetch(VERSIONS)}
        versions = self.uow.catalogue.configured.versions(rows)
        settled = {
            name
            for name, row in rows.items()
            if row["version"] == versions[name] and now - row["applied_at"] > ROLLING
        }
        return [
            PolicyChange(name, version, rows[name]["version"] if name in rows else None)
            for name, version in versions.items()
            if name not in settled
        ]


VERSIONS = "SELECT policy, version, applied_at FROM sla_version"

UNFINISHED = """
SELECT id FROM incident WHERE policy = $1 AND is_open(state)
UNION
SELECT i.id FROM timer t JOIN incident i ON i.id = t.incident_id
WHERE t.kind = 2 AND t.armed AND i.policy = $1 AND i.state = 'resolved'
ORDER BY 1
"""

APPLIED = """
INSERT INTO sla_version AS s (policy, version, applied_at) VALUES ($1, $2, moment($3))
ON CONFLICT (policy) DO UPDATE SET version = excluded.version, applied_at = excluded.applied_at
WHERE s.version <> excluded.version
"""
