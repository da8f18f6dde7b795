"""Actions on a record, with their effect on the related records of a master that ends."""

from gateway.access import authorization
from gateway.access.principal import Principal
from gateway.incidents import commands, lifecycle
from gateway.incidents.record import Incident
from gateway.incidents.releasing import release_command
from gateway.incidents.shelving import with_end
from gateway.operations.actions.cascading import CASCADING, cascade
from gateway.operations.actions.circumstances import load_circumstances
from gateway.operations.actions.conflicts import check_not_taken
from gateway.operations.actions.origin import DIRECT, ActionOrigin, check_not_stale, with_origin
from gateway.operations.actions.revising import revise
from gateway.operations.actions.taking import take
from gateway.operations.assignment import ASSIGNING_COMMANDS, fill_in_assignment
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.reporter.answer_read import mark_answer_read
from gateway.operations.reporter.answers import ReporterAnswer, apply_answer
from gateway.operations.staff import staff_for
from gateway.operations.unit_of_work import Transaction, UnitOfWork


async def act(
    uow: UnitOfWork,
    number: str,
    command: commands.Command,
    who: Principal,
    *,
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
    origin: ActionOrigin = DIRECT,
) -> Incident:
    """Apply a command to a record.

    A command with `related` is also applied to the related records for which it is possible and
    allowed (`cascading`). Raises NotFound, Forbidden, VersionMismatch, IllegalTransition,
    Unprocessable, Conflict for a record that somebody else has, StaleAction for one that is
    another than the one they saw, and IdempotencyMismatch for a key used otherwise.
    """

    async def work(tx: Transaction) -> Incident:
        return await execute_command(tx, number, command, who, if_match, origin)

    return await run_once(uow, once, who, work)


async def execute_command(
    tx: Transaction,
    number: str,
    command: commands.Command,
    who: Principal,
    if_match: int | None = None,
    origin: ActionOrigin = DIRECT,
) -> Incident:
    """Apply a command in a transaction of the caller's.

    Raises as `act` does, before anything is written.

    Related records are written with their master: those that are still open when it ends are
    detached. A note by the record's reporter also has the effects of their answers by mail.
    """
    incident = await tx.lock(number, who, if_match)
    await check_not_stale(tx.conn, incident, origin, who)
    authorization.check_before_assignment(who, command, incident)
    if isinstance(command, commands.Decline | commands.Release):
        command = await _given_back(tx, incident, command, who)
    else:
        command = await _settled(tx, incident, command, who)
        authorization.check_command(who, command, incident)
    check_not_taken(incident, command, who)
    made = await take(tx, incident, command, who) or await revise(tx, incident, command, who)
    revised = with_origin(made, origin)
    revision = mark_answer_read(revised, who, tx.now)
    if revision.events:
        cascades = isinstance(command, CASCADING) and command.related
        together = await cascade(tx, revision, command, who) if cascades else [revision]
        written = (await tx.write(together))[0]
        if isinstance(command, commands.Note) and who.is_outsider:
            return await apply_answer(tx, written, who, ReporterAnswer(command.note, command.note))
        return written
    return incident


async def _given_back(
    tx: Transaction,
    incident: Incident,
    command: commands.Decline | commands.Release,
    who: Principal,
) -> commands.Command:
    """Return the command that declines the record or undoes its acceptance.

    Raises Forbidden for somebody whom the record does not concern, IllegalTransition, and
    Unprocessable where a reason is missing.
    """
    around = await load_circumstances(tx.conn, incident, who)
    authorization.check_involved(who, command, incident, told=around.told)
    lifecycle.check_state(incident, command)
    if isinstance(command, commands.Decline):
        return command
    return release_command(incident, command, around.accepted, tx.now)


async def _settled(
    tx: Transaction, incident: Incident, command: commands.Command, who: Principal
) -> commands.Command:
    """Return the command with the group and tier, or the end of a shelving, filled in.

    Raises Unprocessable for unknown people and groups, and for an end that is not allowed.
    """
    if incident.state not in lifecycle.TRANSITIONS[type(command)]:
        return command
    if isinstance(command, commands.Shelve):
        return with_end(command, incident, tx.uow.rules.shelving, tx.now)
    if not isinstance(command, ASSIGNING_COMMANDS):
        return command
    person = getattr(command, "person", "")
    if isinstance(command, commands.Acknowledge) and person in ("", who.name):
        return command
    return fill_in_assignment(
        command, incident, await staff_for(tx.conn, incident.service, (person,))
    )
