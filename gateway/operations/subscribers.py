"""Who is sent the status updates of a record: people by login, and addresses outside that pass the guard of all messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from gateway.db.pool import Connection, acquire
from gateway.errors import Flaw, NotFound, TooLarge, Unprocessable
from gateway.incidents.record import Incident, Revision
from gateway.notify.address_guard import AddressGuard, AddressRefused
from gateway.oncall.person import EMAIL
from gateway.oncall.roles import known
from gateway.operations.allowing import refuse
from gateway.operations.desk import Desk, Session
from gateway.operations.permissions import ALLOWED, Action, may, sight
from gateway.operations.who import Who

MOST = 200
"""How many may subscribe to one record."""

PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`target` is "person:LOGIN", "smtp:ADDRESS" or "webhook:URL"."""

    id: int
    target: str
    subscribed_at: datetime
    subscribed_by: str


@dataclass(frozen=True, slots=True)
class Audience:
    """Where a message to all subscribers goes, with each one's language if it is known, and whom none reaches."""

    locales: Mapping[str, str | None]
    left_out: tuple[str, ...]


async def subscribe(desk: Desk, number: str, who: Who, *, person: str = "", address: str = "") -> Subscriber:
    """Let `who`, or the person or address that is named, be sent the updates; again changes nothing.

    Raises NotFound, Forbidden, TooLarge, and Unprocessable for whom no message may reach.
    """
    target = _target(desk, who, person, address)
    found: list[Subscriber] = []

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who)
        refuse(may(who, _right(who, target), incident))
        await _may_be_told(session.conn, incident, target)
        row = await session.conn.fetchrow(SUBSCRIBE, incident.id, target, session.now, who.name, MOST)
        if row is None:
            raise TooLarge(f"{number} has {MOST} subscribers, as many as a record may have")
        found[:] = [Subscriber(row["id"], target, row["subscribed_at"], row["subscribed_by"])]
        if not row["fresh"]:
            return incident
        return (await session.write([_revision(incident, who, "subscribed", target)]))[0]

    await desk.within(work)
    return found[0]


SUBSCRIBE = """
WITH before AS (SELECT id, subscribed_at, subscribed_by FROM subscription WHERE incident_id = $1 AND target = $2),
     made AS (
       INSERT INTO subscription (incident_id, target, subscribed_at, subscribed_by) SELECT $1, $2, $3, $4
       WHERE NOT EXISTS (SELECT FROM before) AND (SELECT count(*) FROM subscription WHERE incident_id = $1) < $5::int
       RETURNING id, subscribed_at, subscribed_by)
SELECT *, false AS fresh FROM before UNION ALL SELECT *, true FROM made
"""

UNSUBSCRIBE = "DELETE FROM subscription WHERE id = $1 AND incident_id = $2 AND ($3::text IS NULL OR target = $3) RETURNING target"


async def unsubscribe(desk: Desk, number: str, subscription: int, who: Who) -> None:
    """End it; raises Forbidden, and NotFound also for somebody else's to whom that is not there."""

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who)
        refuse(may(who, Action.SUBSCRIBE, incident))
        own = None if may(who, Action.SUBSCRIBE_OTHERS, incident) == ALLOWED else PERSON + who.name
        target = await session.conn.fetchval(UNSUBSCRIBE, subscription, incident.id, own)
        if target is None:
            raise NotFound(f"{number} has no subscriber {subscription}")
        return (await session.write([_revision(incident, who, "unsubscribed", target)]))[0]

    await desk.within(work)


LIST = """
SELECT id, target, subscribed_at, subscribed_by FROM subscription
WHERE incident_id = $1 AND ($2::text IS NULL OR target = $2) ORDER BY id
"""


async def subscribers(desk: Desk, incident: Incident, who: Who) -> list[Subscriber]:
    """All of a record that `who` may read; oneself alone for who may not look into it."""
    own = None if may(who, Action.INSPECT, incident) == ALLOWED else PERSON + who.name
    async with acquire(desk.pool) as conn:
        return [Subscriber(**row) for row in await conn.fetch(LIST, incident.id, own)]


REACHED = """
SELECT s.target, p.login, p.email, p.phone, p.locale, p.roles
FROM subscription s LEFT JOIN person p ON s.target = 'person:' || p.login AND p.active
WHERE s.incident_id = $1 ORDER BY s.id
"""


async def audience(conn: Connection, incident: Incident) -> Audience:
    """Whom an update reaches now: nobody who may not see the record any more, no address outside for a security record."""
    locales: dict[str, str | None] = {}
    left_out: list[str] = []
    for row in await conn.fetch(REACHED, incident.id):
        address = _address(row, incident)
        if address is None:
            left_out.append(row["target"])
        else:
            locales.setdefault(address, row["locale"])
    return Audience(locales, tuple(left_out))


def _address(row: Record, incident: Incident) -> str | None:
    if not row["target"].startswith(PERSON):
        return None if incident.security else row["target"]
    if row["login"] is None or not row["email"] or not sight(_who(row)).sees(incident):
        return None
    return f"smtp:{row['email']}"


def _who(row: Record) -> Who:
    names = frozenset(text.lower() for text in (row["login"], row["email"], row["phone"]) if text)
    return Who(name=row["login"], parts=known(row["roles"]), identities=names)


def _target(desk: Desk, who: Who, person: str, address: str) -> str:
    if person and address:
        raise Unprocessable("name a person or an address", flaws=(Flaw("/address", "leave one of the two out"),))
    if address:
        return _checked(desk, address.strip())
    if not person and not who.contact:
        raise Unprocessable("this key is nobody's: say who is to be told", flaws=(Flaw("/person", "is needed"),))
    return PERSON + (person or who.name)


def _checked(desk: Desk, address: str) -> str:
    channel, _, recipient = address.partition(":")
    if channel == "smtp" and recipient.isascii() and EMAIL.fullmatch(recipient):
        return address
    if channel != "webhook":
        raise Unprocessable("no message can go there", flaws=(Flaw("/address", "write smtp:a@example.com or webhook:https://…"),))
    settings = desk.rules.settings
    private = settings is not None and settings.notify.webhook.allow_private
    try:
        (AddressGuard(private=True, ports=None) if private else AddressGuard()).check_url(recipient)
    except AddressRefused as refusal:
        raise Unprocessable("nothing is sent there", flaws=(Flaw("/address", str(refusal)),)) from refusal
    return address


def _right(who: Who, target: str) -> Action:
    return Action.SUBSCRIBE if who.contact and target == PERSON + who.name else Action.SUBSCRIBE_OTHERS


SOMEBODY = "SELECT login, email, phone, roles FROM person WHERE login = $1 AND active"


async def _may_be_told(conn: Connection, incident: Incident, target: str) -> None:
    if not target.startswith(PERSON):
        if incident.security:
            raise Unprocessable("a security incident is told to nobody outside", flaws=(Flaw("/address", "name a person"),))
        return
    row = await conn.fetchrow(SOMEBODY, target.removeprefix(PERSON))
    for missing, detail in (
        (row is None, "nobody has this login"),
        (row is not None and not row["email"], "has no e-mail address"),
        (row is not None and not sight(_who(row)).sees(incident), "may not see this record"),
    ):
        if missing:
            raise Unprocessable("this person cannot be told", flaws=(Flaw("/person", detail),))


def _revision(incident: Incident, who: Who, event: str, target: str) -> Revision:
    events: Sequence[tuple[str, Mapping[str, str]]] = ((event, {"target": target}),)
    return Revision(after=incident, actor=who.name, events=tuple(events))
