"""Cascading: resolve, close or confirm related records together with their master."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from gateway.access import authorization
from gateway.access.permissions import PermissionDenied, may, visibility_of
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import IllegalTransition
from gateway.incidents import commands, lifecycle
from gateway.incidents.custom_fields import moments_of
from gateway.incidents.record import Incident, Revision
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import State

CASCADING = (commands.Resolve, commands.Close, commands.Confirm)
"""The commands that can also be applied to the related records of a master."""

DONE = {
    commands.Resolve: frozenset({State.RESOLVED, State.CLOSED, State.REJECTED}),
    commands.Close: frozenset({State.CLOSED, State.REJECTED}),
    commands.Confirm: frozenset({State.CLOSED, State.REJECTED}),
}
"""The states in which a command has nothing left to do."""


@dataclass(frozen=True, slots=True)
class SkippedRecord:
    """A related record that the command could not be applied to, and the reason."""

    incident: str
    reason: str


RELATED = "SELECT id FROM incident WHERE master_id = $1 ORDER BY id"


async def cascade(
    tx: Transaction, master: Revision, command: commands.Command, who: Principal
) -> list[Revision]:
    """Return the revisions of a master and of the related records that the command is applied to.

    The master's timeline names those that were skipped, if all of its readers may see them.
    """
    ids = [row[0] for row in await tx.conn.fetch(RELATED, master.after.id)]
    made: list[Revision] = []
    skipped: list[SkippedRecord] = []
    for related in await tx.locked(ids):
        if related.state in DONE[type(command)] or not visibility_of(who).sees(related):
            continue
        result = _done(tx, related, command, who)
        if isinstance(result, Revision):
            made.append(result)
        elif master.after.security or not related.security:
            skipped.append(result)
    return [_saying(master, skipped), *made]


def _done(
    tx: Transaction, related: Incident, command: commands.Command, who: Principal
) -> Revision | SkippedRecord:
    fields = tx.uow.fields
    decision = may(who, authorization.required_action(command, who), related)
    if isinstance(decision, PermissionDenied):
        return SkippedRecord(related.number, decision.reason)
    if missing := fields.missing(related.kind, related.fields, moments_of(type(command))):
        return SkippedRecord(related.number, f"set first: {', '.join(missing)}")
    try:
        return lifecycle.apply_command(related, command, who.name, tx.now)
    except IllegalTransition as refusal:
        return SkippedRecord(related.number, refusal.detail)


def _saying(master: Revision, skipped: Sequence[SkippedRecord]) -> Revision:
    if not skipped:
        return master
    (event, facts), *more = master.events
    told = {
        **facts,
        "skipped": [{"incident": one.incident, "reason": one.reason} for one in skipped],
    }
    return replace(master, events=((event, told), *more))


SKIPPED = """
SELECT coalesce(facts->'skipped', '[]'::json)::text FROM timeline
WHERE incident_id = $1 AND event IN ('resolved', 'closed') ORDER BY seq DESC LIMIT 1
"""


async def load_skipped(conn: Connection, incident: Incident) -> list[SkippedRecord]:
    """Return the related records that stayed as they were when the incident last ended."""
    told = await conn.fetchval(SKIPPED, incident.id)
    return msgspec.json.decode(told, type=list[SkippedRecord]) if told is not None else []
