"""Subscribers to the status updates of a record: people by login, and outside addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.db.pool import acquire
from gateway.errors import Flaw, NotFound, TooLarge, Unprocessable
from gateway.incidents.record import Incident, Revision
from gateway.operations.major.audience import PERSON, check_address, check_target
from gateway.operations.unit_of_work import Transaction, UnitOfWork

MOST = 200
"""The most subscribers of one record."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber; `target` is "person:LOGIN", "smtp:ADDRESS" or "webhook:URL"."""

    id: int
    target: str
    subscribed_at: datetime
    subscribed_by: str


async def subscribe(
    uow: UnitOfWork, number: str, who: Principal, *, person: str = "", address: str = ""
) -> Subscriber:
    """Subscribe `who`, or the person or address that is named; doing so again changes nothing.

    Raises NotFound, Forbidden, TooLarge, and Unprocessable for a target that no message may
    reach.
    """
    target = _target(uow, who, person, address)
    found: list[Subscriber] = []

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, _right(who, target), incident))
        await check_target(tx.conn, incident, target)
        row = await tx.conn.fetchrow(SUBSCRIBE, incident.id, target, tx.now, who.name, MOST)
        if row is None:
            raise TooLarge(f"{number} has {MOST} subscribers, as many as a record may have")
        found[:] = [Subscriber(row["id"], target, row["subscribed_at"], row["subscribed_by"])]
        if not row["fresh"]:
            return incident
        return (await tx.write([_revision(incident, who, "subscribed", target)]))[0]

    await uow.within(work)
    return found[0]


SUBSCRIBE = """
WITH before AS (SELECT id, subscribed_at, subscribed_by FROM subscription
  WHERE incident_id = $1 AND target = $2),
     made AS (
       INSERT INTO subscription (incident_id, target, subscribed_at, subscribed_by)
       SELECT $1, $2, $3, $4
       WHERE NOT EXISTS (SELECT FROM before)
         AND (SELECT count(*) FROM subscription WHERE incident_id = $1) < $5::int
       RETURNING id, subscribed_at, subscribed_by)
SELECT *, false AS fresh FROM before UNION ALL SELECT *, true FROM made
"""

UNSUBSCRIBE = (
    "DELETE FROM subscription WHERE id = $1 AND incident_id = $2 "
    "AND ($3::text IS NULL OR target = $3) RETURNING target"
)


async def unsubscribe(uow: UnitOfWork, number: str, subscription: int, who: Principal) -> None:
    """End a subscription.

    Raises Forbidden, and NotFound, also for somebody else's subscription that `who` may not see.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who)
        raise_if_refused(may(who, Action.SUBSCRIBE, incident))
        own = None if may(who, Action.SUBSCRIBE_OTHERS, incident) == ALLOWED else PERSON + who.name
        target = await tx.conn.fetchval(UNSUBSCRIBE, subscription, incident.id, own)
        if target is None:
            raise NotFound(f"{number} has no subscriber {subscription}")
        return (await tx.write([_revision(incident, who, "unsubscribed", target)]))[0]

    await uow.within(work)


LIST = """
SELECT id, target, subscribed_at, subscribed_by FROM subscription
WHERE incident_id = $1 AND ($2::text IS NULL OR target = $2) ORDER BY id
"""


async def subscribers(uow: UnitOfWork, incident: Incident, who: Principal) -> list[Subscriber]:
    """Return the subscribers of a record that `who` may read.

    Only `who` for those who may not inspect it.
    """
    own = None if may(who, Action.INSPECT, incident) == ALLOWED else PERSON + who.name
    async with acquire(uow.pool) as conn:
        return [Subscriber(**row) for row in await conn.fetch(LIST, incident.id, own)]


def _target(uow: UnitOfWork, who: Principal, person: str, address: str) -> str:
    if person and address:
        raise Unprocessable(
            "name a person or an address", flaws=(Flaw("/address", "leave one of the two out"),)
        )
    if address:
        return check_address(uow.rules.settings, address.strip())
    if not person and not who.contact:
        raise Unprocessable(
            "this key is nobody's: say who is to be told", flaws=(Flaw("/person", "is needed"),)
        )
    return PERSON + (person or who.name)


def _right(who: Principal, target: str) -> Action:
    return (
        Action.SUBSCRIBE if who.contact and target == PERSON + who.name else Action.SUBSCRIBE_OTHERS
    )


def _revision(incident: Incident, who: Principal, event: str, target: str) -> Revision:
    events: Sequence[tuple[str, Mapping[str, str]]] = ((event, {"target": target}),)
    return Revision(after=incident, actor=who.name, events=tuple(events))
