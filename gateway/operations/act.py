"""Actions on a record, with their effect on the related records of a master that ends."""

from gateway.access import authorization
from gateway.access.principal import Principal
from gateway.errors import Conflict
from gateway.incidents import commands, lifecycle
from gateway.incidents.record import Incident
from gateway.incidents.shelving import with_end
from gateway.operations.assignment import ASSIGNING_COMMANDS, fill_in_assignment
from gateway.operations.cascading import CASCADING, cascade
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.reporter.answer_read import mark_answer_read
from gateway.operations.reporter.answers import ReporterAnswer, apply_answer
from gateway.operations.revising import revise
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
) -> Incident:
    """Apply a command to a record.

    A command with `related` is also applied to the related records for which it is possible and
    allowed (`cascading`). Raises NotFound, Forbidden, VersionMismatch, IllegalTransition,
    Unprocessable, Conflict for a record that somebody else has, and IdempotencyMismatch for a key
    used otherwise.
    """

    async def work(tx: Transaction) -> Incident:
        return await execute_command(tx, number, command, who, if_match)

    return await run_once(uow, once, who, work)


async def execute_command(
    tx: Transaction,
    number: str,
    command: commands.Command,
    who: Principal,
    if_match: int | None = None,
) -> Incident:
    """Apply a command in a transaction of the caller's.

    Raises as `act` does, before anything is written.

    Related records are written with their master: those that are still open when it ends are
    detached. A note by the record's reporter also has the effects of their answers by mail.
    """
    incident = await tx.lock(number, who, if_match)
    authorization.check_before_assignment(who, command, incident)
    command = await _settled(tx, incident, command, who)
    authorization.check_command(who, command, incident)
    revision = mark_answer_read(await revise(tx, incident, command, who), who, tx.now)
    if revision.events:
        cascades = isinstance(command, CASCADING) and command.related
        made = await cascade(tx, revision, command, who) if cascades else [revision]
        written = (await tx.write(made))[0]
        if isinstance(command, commands.Note) and who.is_outsider:
            return await apply_answer(tx, written, who, ReporterAnswer(command.note, command.note))
        return written
    if isinstance(command, commands.Acknowledge) and incident.handler != (
        command.person or who.name
    ):
        raise Conflict(
            f"{incident.handler} has {number} already: assign it to take it over",
            already_acked_by=incident.handler,
            state=incident.state,
        )
    if isinstance(command, commands.Unshelve):
        raise Conflict(f"{number} is not shelved: there is nothing to return")
    if isinstance(command, commands.Grade):
        raise Conflict(
            f"{number} claims no urgency that is still to be judged: its priority is "
            f"{incident.priority}"
        )
    return incident


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
