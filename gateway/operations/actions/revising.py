"""The revision that a command makes of a locked record, with its consequences."""

from dataclasses import replace

from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.directory.roles import Role
from gateway.incidents import commands, lifecycle
from gateway.incidents.custom_fields import moments_of
from gateway.incidents.grading import with_priority
from gateway.incidents.record import Incident, Revision
from gateway.operations.actions.conflicts import check_kind
from gateway.operations.major.audience import check_workers
from gateway.operations.unit_of_work import Transaction

OWNING_COMMANDS = (
    commands.Acknowledge,
    commands.Assign,
    commands.Escalate,
    commands.Hold,
    commands.Resolve,
)
"""The commands by which a member of the service desk becomes owner of an unowned record."""


async def revise(
    tx: Transaction, incident: Incident, command: commands.Command, who: Principal
) -> Revision:
    """Return the revision by a command on a locked record.

    The caller has checked the permission.

    Raises Conflict, IllegalTransition and Unprocessable.
    """
    check_kind(incident, command)
    revision = _owned(lifecycle.apply_command(incident, command, who.name, tx.now), command, who)
    if revision.events:
        tx.uow.fields.require(incident.kind, incident.fields, moments_of(type(command)))
    await check_workers(tx.conn, incident, revision.after)
    if isinstance(command, commands.Refuse) and await _key_has_moved(tx.conn, incident):
        revision = replace(revision, after=replace(revision.after, key_hash=None))
    if isinstance(command, commands.DeclareMajor) and not incident.major:
        revision = _declared(tx, revision, command)
    return revision


def _owned(revision: Revision, command: commands.Command, who: Principal) -> Revision:
    """Return the revision with the member of the service desk as owner, if the record has none."""
    if (
        revision.after.owner
        or not isinstance(command, OWNING_COMMANDS)
        or Role.SERVICE_DESK not in who.parts
    ):
        return revision
    return replace(revision, after=replace(revision.after, owner=who.name))


def _declared(tx: Transaction, revision: Revision, command: commands.DeclareMajor) -> Revision:
    """Return the revision with its priority raised and the management chain notified."""
    rules, before = tx.uow.rules, revision.after
    priority = 1 if command.priority is None else command.priority
    if priority != before.priority:
        after = with_priority(before, priority, tx.now)
        after = replace(after, policy=rules.policy_after(before, after))
        changes = [{"field": "priority", "old": before.priority, "new": priority}]
        changed = ("changed", {"changes": changes, "note": command.reason})
        revision = replace(revision, after=after, events=(*revision.events, changed))
    announcements = rules.escalation.declared(revision.after, command.reason)
    return replace(revision, announcements=(*revision.announcements, *announcements))


KEY_HOLDER = "SELECT incident_id FROM alert WHERE key_hash = $1 FOR SHARE"


async def _key_has_moved(conn: Connection, incident: Incident) -> bool:
    """Return whether a newer record has the dedup key, so that this one goes on without it."""
    if incident.key_hash is None:
        return False
    holder = await conn.fetchval(KEY_HOLDER, incident.key_hash)
    return holder is not None and holder != incident.id
