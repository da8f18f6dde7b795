"""The recalculation of deadlines of records, in batches, after a change that concerns them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.db.pool import Connection, in_transaction
from gateway.escalation import timers
from gateway.incidents.record import ACTOR, Incident, Revision, TimerChange
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.sla.timers.timer_store import KINDS
from gateway.vocabulary import TimerKind

BATCH = 50
"""The records of one transaction: few, because people and alerts wait for the locks."""

AGAIN = 5.0
"""Seconds before a failed pass is repeated."""

LONGEST = 3600.0
"""Seconds that a pass over all open records may take before it counts as stuck."""


class DeadlineChange(Protocol):
    """A change of policies after which deadlines are recalculated."""

    @property
    def anew(self) -> bool:
        """True if deadlines were never calculated by what is in force now."""

    async def noted(self, conn: Connection, ids: Sequence[int]) -> set[int]:
        """Return those of the records whose timeline names this change already."""

    def apply(self, incident: Incident) -> Incident | None:
        """Return the record under its policy after the change; None if it is not concerned."""

    def facts(self, before: Incident, after: Incident) -> Mapping[str, Any]:
        """Return what the timeline entry of a record says of the change."""


async def recalculate(uow: UnitOfWork, ids: Sequence[int], change: DeadlineChange) -> int:
    """Recalculate the deadlines of these records; return the number of records changed."""
    done = 0
    for place in range(0, len(ids), BATCH):
        done += await _recalculate_batch(uow, ids[place : place + BATCH], change)
    return done


async def _recalculate_batch(uow: UnitOfWork, ids: Sequence[int], change: DeadlineChange) -> int:
    tx: Transaction | None = None

    async def once(conn: Connection) -> int:
        nonlocal tx
        tx = await uow.on(conn)
        incidents = await tx.locked(ids)
        armed = await _due_times(conn, ids)
        noted = await change.noted(conn, ids)
        revisions = [
            _revision(
                tx,
                before,
                after,
                change,
                armed.get(before.id, {}),
                anew=change.anew and before.id not in noted,
            )
            for before in incidents
            if (after := change.apply(before)) is not None
        ]
        return len(await tx.write(revisions))

    written = await in_transaction(uow.pool, once)
    if tx is not None and written:
        uow.committed(tx.changes)
    return written


def _revision(
    tx: Transaction,
    before: Incident,
    after: Incident,
    change: DeadlineChange,
    armed: Mapping[TimerKind, datetime],
    *,
    anew: bool,
) -> Revision:
    """Return the revision of one record.

    It has a timeline entry if the change is new to the record (`anew`), or its policy or a timer
    of it moves.
    """
    rules = tx.uow.rules
    _, arms = timers.refresh_timers(rules, after, tx.now)
    moves = list(_timer_moves(armed, arms))
    if not (anew or moves or after.policy != before.policy):
        return Revision(after=after, actor=ACTOR, events=())
    facts = {
        **change.facts(before, after),
        "policy": after.policy,
        "calendar_version": rules.policy(after).calendar.version,
        "moves": moves,
    }
    return Revision(after=after, actor=ACTOR, events=(("sla_redated", facts),))


def _timer_moves(
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


ARMED = """
SELECT incident_id, kind, due_at FROM timer
WHERE incident_id = ANY($1::bigint[]) AND armed AND kind = ANY($2::smallint[])
"""


async def _due_times(
    conn: Connection, ids: Sequence[int]
) -> Mapping[int, Mapping[TimerKind, datetime]]:
    """Return the due times of the timers of these records, by record and kind."""
    armed: dict[int, dict[TimerKind, datetime]] = {}
    for row in await conn.fetch(ARMED, ids, KINDS):
        armed.setdefault(row["incident_id"], {})[TimerKind(row["kind"])] = row["due_at"]
    return armed
