"""The actions people take on a record, one or many, with what a master's end means for its related records."""

from dataclasses import replace

from gateway.db.pool import Connection
from gateway.errors import Conflict
from gateway.incidents import commands, lifecycle
from gateway.incidents.custom import moments_of
from gateway.incidents.grading import with_worst, worst_known
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.model import Kind
from gateway.incidents.record import Incident, Revision
from gateway.oncall.roles import Role
from gateway.operations import allowing
from gateway.operations.assignment import SETTLED, settled
from gateway.operations.audience import check_workers
from gateway.operations.cascading import CASCADING, cascade
from gateway.operations.desk import Desk, Session
from gateway.operations.looking import looked_at
from gateway.operations.memory import Once, at_most_once
from gateway.operations.staff import staff_for
from gateway.operations.who import Who

TAKING = (commands.Acknowledge, commands.Assign, commands.Escalate, commands.Hold, commands.Resolve)
"""Commands by which somebody of the desk becomes the owner of a record that has none."""


async def act(
    desk: Desk,
    number: str,
    command: commands.Command,
    who: Who,
    *,
    if_match: int | None = None,
    related: bool = False,
    once: Once | None = None,
) -> Incident:
    """Apply a command; with `related` also to the related records that it is possible for and allowed on (`cascading`).

    Raises NotFound, Forbidden, VersionMismatch, IllegalTransition, Unprocessable, Conflict for a record that somebody
    else has, and IdempotencyMismatch for a key used otherwise.
    """

    async def work(session: Session) -> Incident:
        return await applied(session, number, command, who, if_match, related=related)

    return await at_most_once(desk, once, who, work)


async def applied(
    session: Session,
    number: str,
    command: commands.Command,
    who: Who,
    if_match: int | None = None,
    *,
    related: bool = False,
) -> Incident:
    """Apply a command in a transaction of the caller's; raises as `act`, before anything is written.

    Related records are written with their master: those that are still open when it ends are let go.
    """
    incident = await session.lock(number, who, if_match)
    allowing.check_asking(who, command, incident)
    command = await _settled(session, incident, command, who)
    allowing.check(who, command, incident)
    revision = looked_at(await revised(session, incident, command, who), who, session.now)
    if revision.events:
        cascades = related and isinstance(command, CASCADING)
        made = await cascade(session, revision, command, who) if cascades else [revision]
        return (await session.write(made))[0]
    if isinstance(command, commands.Acknowledge) and incident.handler != (command.person or who.name):
        raise Conflict(
            f"{incident.handler} has {number} already: assign it to take it over",
            already_acked_by=incident.handler,
            state=incident.state,
        )
    if isinstance(command, commands.Grade):
        raise Conflict(f"{number} claims no urgency that is still to be judged: its priority is {incident.priority}")
    return incident


async def _settled(session: Session, incident: Incident, command: commands.Command, who: Who) -> commands.Command:
    """Return the command with the group and tier it means; raises Unprocessable for unknown people and groups."""
    if not isinstance(command, SETTLED) or incident.state not in lifecycle.TABLE[type(command)]:
        return command
    person = getattr(command, "person", "")
    if isinstance(command, commands.Acknowledge) and person in ("", who.name):
        return command
    return settled(command, incident, await staff_for(session.conn, incident.service, (person,)))


async def revised(session: Session, incident: Incident, command: commands.Command, who: Who) -> Revision:
    """What the command makes of a locked record, with all that follows from it; whether `who` may is the caller's to ask.

    Raises Conflict, IllegalTransition and Unprocessable.
    """
    if isinstance(command, commands.DeclareMajor) and incident.kind != Kind.INCIDENT:
        raise Conflict(f"{incident.number} is a service request: convert it to an incident first")
    revision = _owned(lifecycle.apply(incident, command, who.name, session.now), command, who)
    if revision.events:
        session.desk.fields.require(incident.kind, incident.fields, moments_of(type(command)))
    await check_workers(session.conn, incident, revision.after)
    if isinstance(command, commands.Refuse) and await _key_has_moved(session.conn, incident):
        revision = replace(revision, after=replace(revision.after, key_hash=None))
    if isinstance(command, commands.DeclareMajor) and not incident.major:
        revision = _declared(session, revision, command)
    return revision


def _owned(revision: Revision, command: commands.Command, who: Who) -> Revision:
    """Return the revision with the person of the desk who takes a record without an owner as its owner."""
    if revision.after.owner or not isinstance(command, TAKING) or Role.SERVICE_DESK not in who.parts:
        return revision
    return replace(revision, after=replace(revision.after, owner=who.name))


def _declared(session: Session, revision: Revision, command: commands.DeclareMajor) -> Revision:
    """Return the revision with its priority raised, and the management chain told of it."""
    rules, before = session.desk.rules, revision.after
    priority = 1 if command.priority is None else command.priority
    if priority != before.priority:
        at = max(session.now, before.ledger[-1].at)
        entry = LedgerEntry(at, ClockEvent.SET_PRIORITY, priority=priority)
        marks = with_worst(before.marks, worst_known(before), priority)
        after = replace(before, priority=priority, ledger=(*before.ledger, entry), marks=marks)
        after = replace(after, policy=rules.policy_after(before, after))
        changes = [{"field": "priority", "old": before.priority, "new": priority}]
        changed = ("changed", {"changes": changes, "note": command.reason})
        revision = replace(revision, after=after, events=(*revision.events, changed))
    announcements = rules.escalation.declared(revision.after, command.reason)
    return replace(revision, announcements=(*revision.announcements, *announcements))


KEY_HOLDER = "SELECT incident_id FROM alert WHERE key_hash = $1 FOR SHARE"


async def _key_has_moved(conn: Connection, incident: Incident) -> bool:
    """Whether a newer record answers for this one's dedup key: then this one goes on without it."""
    if incident.key_hash is None:
        return False
    holder = await conn.fetchval(KEY_HOLDER, incident.key_hash)
    return holder is not None and holder != incident.id
