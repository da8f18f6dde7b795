"""The incident manager's record that the leader was told of a major incident."""

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.errors import Conflict
from gateway.escalation.management import DECLARED, LEADER
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import LeaderOutcome


async def tell_leader(
    uow: UnitOfWork,
    number: str,
    recipient: str,
    outcome: LeaderOutcome,
    who: Principal,
    *,
    note: str = "",
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Record that `who` told the leader `recipient`, or tried to.

    Raises NotFound, Forbidden, VersionMismatch, and Conflict for a record that is no major
    incident.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.TELL_LEADER, incident))
        if not incident.is_major:
            raise Conflict(f"{number} is no major incident: declare it one first")
        facts = {
            "cause": DECLARED if incident.major else f"priority {incident.priority}",
            "role": LEADER,
            "recipient": recipient,
            "outcome": outcome,
            **({"note": note} if note else {}),
        }
        return (
            await tx.write(
                [Revision(after=incident, actor=who.name, events=(("leader_told", facts),))]
            )
        )[0]

    return await run_once(uow, once, who, work)
