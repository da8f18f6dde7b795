"""What the incident manager does about a major incident beside working on it."""

from gateway.access.authorization import refuse
from gateway.access.permissions import Action, may
from gateway.access.principal import Who
from gateway.errors import Conflict
from gateway.escalation.management import DECLARED, LEADER
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import Once, at_most_once
from gateway.operations.unit_of_work import Desk, Session
from gateway.vocabulary import LeaderOutcome


async def tell_leader(
    desk: Desk,
    number: str,
    recipient: str,
    outcome: LeaderOutcome,
    who: Who,
    *,
    note: str = "",
    if_match: int | None = None,
    once: Once | None = None,
) -> Incident:
    """Put down that `who` told the leader `recipient`, or tried to.

    Raises NotFound, Forbidden, VersionMismatch, and Conflict for what is no major incident.
    """

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who, if_match)
        refuse(may(who, Action.TELL_LEADER, incident))
        if not incident.is_major:
            raise Conflict(f"{number} is no major incident: declare it one first")
        facts = {
            "cause": DECLARED if incident.major else f"priority {incident.priority}",
            "role": LEADER,
            "recipient": recipient,
            "outcome": outcome,
            **({"note": note} if note else {}),
        }
        return (await session.write([Revision(after=incident, actor=who.name, events=(("leader_told", facts),))]))[0]

    return await at_most_once(desk, once, who, work)
