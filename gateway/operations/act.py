"""The actions people take on a record, one or many, with what a master's end means for its related records."""

from dataclasses import replace

from gateway.db.pool import Connection
from gateway.incidents import commands, lifecycle
from gateway.incidents.custom import moments_of
from gateway.incidents.record import Incident, Revision
from gateway.operations import allowing
from gateway.operations.desk import Desk, Session
from gateway.operations.memory import Once, at_most_once
from gateway.operations.permissions import ALLOWED, may
from gateway.operations.who import Who

CASCADING = (commands.Resolve, commands.Close, commands.Confirm)
"""Commands that, asked for it, do the same to the related records of a master."""


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
    """Apply a command; with `related` also to the related records that it is possible for and allowed on.

    Raises NotFound, Forbidden, VersionMismatch, IllegalTransition, Unprocessable, and IdempotencyMismatch for a key used
    otherwise.
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

    Related records come first: those that are still open when their master ends are let go.
    """
    incident = await session.lock(number, who, if_match)
    allowing.check(who, command, incident)
    revision = await revised(session, incident, command, who)
    if related and isinstance(command, CASCADING):
        await _cascade(session, incident, command, who)
    written = await session.write([revision])
    return written[0] if written else incident


async def revised(session: Session, incident: Incident, command: commands.Command, who: Who) -> Revision:
    """What the command makes of a locked record, with all that follows from it; whether `who` may is the caller's to ask.

    Raises IllegalTransition and Unprocessable.
    """
    revision = lifecycle.apply(incident, command, who.name, session.now)
    if revision.events:
        session.desk.fields.require(incident.kind, incident.fields, moments_of(type(command)))
    if isinstance(command, commands.Refuse) and await _key_has_moved(session.conn, incident):
        revision = replace(revision, after=replace(revision.after, key_hash=None))
    if isinstance(command, commands.DeclareMajor) and not incident.major:
        revision = _declared(session, revision, command)
    return revision


def _declared(session: Session, revision: Revision, command: commands.DeclareMajor) -> Revision:
    """The same, with the management chain told of it."""
    announcements = session.desk.rules.escalation.declared(revision.after, command.reason)
    return replace(revision, announcements=(*revision.announcements, *announcements))


KEY_HOLDER = "SELECT incident_id FROM alert WHERE key_hash = $1 FOR SHARE"


async def _key_has_moved(conn: Connection, incident: Incident) -> bool:
    """Whether a newer record answers for this one's dedup key: then this one goes on without it."""
    if incident.key_hash is None:
        return False
    holder = await conn.fetchval(KEY_HOLDER, incident.key_hash)
    return holder is not None and holder != incident.id


RELATED = "SELECT id FROM incident WHERE master_id = $1 ORDER BY id"


async def _cascade(session: Session, master: Incident, command: commands.Command, who: Who) -> None:
    ids, fields = [row[0] for row in await session.conn.fetch(RELATED, master.id)], session.desk.fields
    moments = moments_of(type(command))
    revisions = [
        lifecycle.apply(incident, command, who.name, session.now)
        for incident in await session.locked(ids)
        if incident.state in lifecycle.TABLE[type(command)]
        and may(who, allowing.asked(command, who), incident) == ALLOWED
        and not fields.missing(incident.kind, incident.fields, moments)
    ]
    await session.write(revisions)
