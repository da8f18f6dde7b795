"""The acknowledgement of a management escalation, which stops the escalation ladder."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import Conflict
from gateway.escalation import ladder
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.major.audience import PERSON
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.settings import notify
from gateway.vocabulary import LIVE

TOLD = (
    "SELECT facts FROM timeline WHERE incident_id = $1 AND event = 'management_told' "
    "ORDER BY seq DESC"
)


async def acknowledge_escalation(
    uow: UnitOfWork,
    number: str,
    who: Principal,
    *,
    note: str = "",
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Record that `who` acknowledges the escalation, which stops the ladder.

    While that holds, doing so again changes nothing. Raises NotFound, Forbidden,
    VersionMismatch, and Conflict where the record is over or `who` was not notified of it.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.ACKNOWLEDGE_ESCALATION, incident))
        if incident.state not in LIVE:
            raise Conflict(f"{number} is {incident.state}: nothing of it is escalated any more")
        told = await _told(tx.conn, incident, who)
        if told is None:
            raise Conflict(f"you were not told of {number}: whoever was can acknowledge it")
        if (
            ladder.acknowledgement_time(incident.marks, incident.reopened, incident.priority)
            is not None
        ):
            return incident
        return (await tx.write([_revision(incident, told, who, note, tx)]))[0]

    return await run_once(uow, once, who, work)


BY_LOGIN = (PERSON, *(f"{channel}:" for channel in notify.BY_LOGIN))
"""The prefixes of targets that end in a login."""


async def _told(conn: Connection, incident: Incident, who: Principal) -> Mapping[str, Any] | None:
    """Return cause, role and recipient of the newest notification that reached `who`, or None."""
    own = {way + who.name for way in BY_LOGIN}
    for row in await conn.fetch(TOLD, incident.id):
        facts = msgspec.json.decode(row["facts"], type=dict[str, Any])
        if facts.get("silenced"):
            continue
        for target in facts["targets"]:
            if target in own or target.lower().removeprefix("smtp:") in who.identities:
                return {"cause": facts["cause"], "recipient": target}
        for role in facts["roles"]:
            if role in who.parts:
                return {"cause": facts["cause"], "role": role, "recipient": who.name}
    return None


def _revision(
    incident: Incident, told: Mapping[str, Any], who: Principal, note: str, tx: Transaction
) -> Revision:
    marks = ladder.with_acknowledgement(
        incident.marks, incident.reopened, incident.priority, tx.now
    )
    facts = {**told, "outcome": "acknowledged", **({"note": note} if note else {})}
    events = (("escalation_acknowledged", facts),)
    return Revision(after=replace(incident, marks=marks), actor=who.name, events=events)
