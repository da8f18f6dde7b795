"""Links from an incident to records of other systems.

They are problems, changes, requests, spare parts and knowledge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import urlsplit

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import Flaw, NotFound, TooLarge, Unprocessable
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import LinkKind

MOST = 50
"""The most links that one record may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLink:
    """A link to a record of another system.

    `reference` is the name of the record in `system`, `address` where people find it (http or
    https), if anywhere.
    """

    kind: LinkKind
    system: str
    reference: str
    address: str = ""
    title: str = ""


ADD = """
INSERT INTO linked_record (incident_id, kind, system, reference, address, title, linked_at,
  linked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (incident_id, kind, system, reference)
  DO UPDATE SET address = excluded.address, title = excluded.title
WHERE (linked_record.address, linked_record.title)
  IS DISTINCT FROM (excluded.address, excluded.title)
"""
COUNT = "SELECT count(*) FROM linked_record WHERE incident_id = $1"


async def link_record(
    uow: UnitOfWork,
    number: str,
    linked: RecordLink,
    who: Principal,
    *,
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Link a record of another system; a link that exists takes the new address and title.

    The same link again changes nothing. Raises NotFound, Forbidden, VersionMismatch, TooLarge,
    and Unprocessable for an address people cannot follow.
    """
    _check(linked.address)

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.REFER, incident))
        return await put_link(tx, incident, linked, who.name)

    return await run_once(uow, once, who, work)


async def put_link(tx: Transaction, incident: Incident, linked: RecordLink, by: str) -> Incident:
    """Add the link to a record that is locked already; raise TooLarge."""
    told = asdict(linked)
    done = await tx.conn.execute(ADD, incident.id, *told.values(), tx.now, by)
    if done.endswith(" 0"):
        return incident
    if await tx.conn.fetchval(COUNT, incident.id) > MOST:
        raise TooLarge(f"{incident.number} is linked to {MOST} records, as many as one may be")
    return (
        await tx.write([Revision(after=incident, actor=by, events=(("record_linked", told),))])
    )[0]


REMOVE = """
DELETE FROM linked_record WHERE incident_id = $1 AND kind = $2 AND system = $3 AND reference = $4
RETURNING kind, system, reference
"""


async def unlink_record(
    uow: UnitOfWork,
    number: str,
    kind: LinkKind,
    system: str,
    reference: str,
    who: Principal,
    *,
    if_match: int | None = None,
) -> Incident:
    """Remove the link; raise NotFound, Forbidden and VersionMismatch."""

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.REFER, incident))
        row = await tx.conn.fetchrow(REMOVE, incident.id, kind, system, reference)
        if row is None:
            raise NotFound(f"{number} is not linked to {kind} {reference} of {system}")
        return (
            await tx.write(
                [Revision(after=incident, actor=who.name, events=(("record_unlinked", dict(row)),))]
            )
        )[0]

    return await uow.within(work)


LIST = """
SELECT incident_id, kind, system, reference, address, title, linked_at, linked_by FROM linked_record
WHERE incident_id = ANY($1::bigint[]) ORDER BY linked_at, kind, system, reference
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLinkEntry(RecordLink):
    """A link with its author and time."""

    linked_at: datetime
    linked_by: str


async def load_links(conn: Connection, ids: Sequence[int]) -> Mapping[int, list[RecordLinkEntry]]:
    """Return the links of each of these records, in order; records without links are left out."""
    found: dict[int, list[RecordLinkEntry]] = {}
    for row in await conn.fetch(LIST, ids):
        fields = {**row, "kind": LinkKind(row["kind"])}
        found.setdefault(fields.pop("incident_id"), []).append(RecordLinkEntry(**fields))
    return found


def _check(address: str) -> None:
    if address and not is_followable(address):
        flaw = Flaw(
            "/address",
            "http:// or https:// and a host, without a user, blanks or signs that cannot be seen",
        )
        raise Unprocessable("nobody can follow that address", flaws=(flaw,))


def is_followable(address: str) -> bool:
    """Return whether people can follow the address and see where it leads.

    It is http or https, with a host, no user before it, and no blank, invisible character or
    backslash.
    """
    if not address.isprintable() or any(sign.isspace() or sign == "\\" for sign in address):
        return False
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
