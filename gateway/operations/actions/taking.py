"""The acceptance of a record at the desk by somebody of another tier, who was called about it."""

from dataclasses import replace

from gateway.access.principal import Principal
from gateway.directory.roles import Role
from gateway.incidents import commands
from gateway.incidents.record import Incident, Revision
from gateway.operations.actions.revising import revise
from gateway.operations.assignment import fill_in_assignment
from gateway.operations.staff import staff_for
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import State, Tier


async def take(
    tx: Transaction, incident: Incident, command: commands.Command, who: Principal
) -> Revision | None:
    """Return the revision that hands the record over to the taker, and accepts it in one.

    So the clock of the desk stops and that of the taker's tier begins, as if the desk had
    assigned it to them. None for any other command, record or principal.
    """
    if not isinstance(command, commands.Acknowledge) or command.person not in ("", who.name):
        return None
    elsewhere = {Role.TIER2, Role.TIER3} & who.parts and Role.SERVICE_DESK not in who.parts
    if incident.tier is not Tier.DESK or incident.state is not State.LOGGED or not elsewhere:
        return None
    staff = await staff_for(tx.conn, incident.service, (who.name,))
    group = incident.assignee_group
    known = group in staff.groups and who.name in staff.groups[group].members
    asked = commands.Assign(group=group if known else "", person=who.name, note=command.note)
    given = await revise(tx, incident, fill_in_assignment(asked, incident, staff), who)
    taken = await revise(tx, given.after, command, who)
    return replace(taken, events=(*given.events, *taken.events))
