"""Where a new report goes: below the open master of the same trouble, or on its own to whom it is routed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from gateway.catalogue.routing import PEOPLE
from gateway.correlation import proposals
from gateway.correlation.proposals import Proposal
from gateway.correlation.scoring import MOST_PROPOSED, Kin
from gateway.correlation.search import Seeking
from gateway.incidents.hierarchy import unfit
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident, Revision
from gateway.operations.unit_of_work import Session
from gateway.vocabulary import State

UNTOUCHED = frozenset({State.LOGGED, State.ASSIGNED})
"""Where a record stands that nobody has begun to work on."""


async def open_placed(session: Session, revision: Revision) -> Incident:
    """Open a report: related to its kin, whom nobody is paged for, or routed, with the links that people must decide about."""
    placed = await _place_of(session, revision.after)
    if placed.below is None:
        routed = session.desk.catalogue.route(revision, PEOPLE, session.now)
        opened = await session.open(replace(routed, events=(*routed.events, *_proposing(placed.proposed))))
        await _propose(session, opened, placed.proposed)
        return opened
    kin, master = placed.below
    opened = await session.open(_below(revision, kin))
    await _weigh(session, master, opened.id)
    return opened


FOLLOWED = "SELECT EXISTS (SELECT FROM incident WHERE master_id = $1)"


async def place_again(session: Session, incident: Incident) -> Incident:
    """Relate a record to its kin now that more is known of it, such as what was said in a call, or propose a milder one.

    One that somebody works on, or that others follow, stays where it is.
    """
    if incident.state not in UNTOUCHED or incident.master_id or await session.conn.fetchval(FOLLOWED, incident.id):
        return incident
    found = await _place_of(session, incident)
    if found.below is not None:
        kin, master = found.below
        placed = (await session.write([_below(Revision(after=incident, actor="gateway", events=()), kin)]))[0]
        await _weigh(session, master, placed.id)
        return placed
    new = await _propose(session, incident, found.proposed)
    if not new:
        return incident
    told = Revision(after=incident, actor="gateway", events=tuple(_proposing(new)))
    return (await session.write([told]))[0]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record goes: below a master, or nowhere; then with the links that are proposed."""

    below: tuple[Kin, Incident] | None = None
    proposed: tuple[Kin, ...] = ()


async def _place_of(session: Session, incident: Incident) -> Place:
    """Find the place of a record. A kin less urgent than itself is proposed, and so is what nothing identifies."""
    catalogue = session.desk.catalogue
    settings = catalogue.kinship
    if not settings.people:
        return Place()
    seeking = Seeking(catalogue.landscape, settings.within, settings.least, catalogue.anything)
    found = await seeking.kin_of(session.conn, incident, session.now)
    if found.kin is None or found.master is None:
        return Place(proposed=found.proposed)
    if unfit(found.master, incident) is not None:
        return Place(proposed=(found.kin, *found.proposed)[:MOST_PROPOSED])
    return Place(below=(found.kin, found.master))


def _below(revision: Revision, kin: Kin) -> Revision:
    """Return the revision by which a record follows a master."""
    reason = f"kin: {kin.reason}"
    after = replace(revision.after, master_id=kin.master.id, link_reason=reason, link_score=kin.score)
    return replace(revision, after=after, events=(*revision.events, ("linked", _facts(kin))))


def _facts(kin: Kin) -> dict[str, Any]:
    rests_on = {point.fact: point.points for point in kin.points}
    return {"master": kin.master.number, "reason": f"kin: {kin.reason}", "score": kin.score, "points": rests_on}


def _proposing(proposed: Iterable[Kin]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from (("link_proposed", _facts(kin)) for kin in proposed)


async def _propose(session: Session, incident: Incident, proposed: Collection[Kin]) -> list[Kin]:
    """Keep these proposals and return those that are new."""
    links = [
        Proposal(
            incident_id=incident.id,
            master_id=kin.master.id,
            reason=f"kin: {kin.reason}",
            score=kin.score,
            points={point.fact: point.points for point in kin.points},
        )
        for kin in proposed
    ]
    new = {link.master_id for link in await proposals.keep(session.conn, links, session.now)}
    return [kin for kin in proposed if kin.master.id in new]


REPORTERS = """
SELECT count(DISTINCT lower(contact)) FILTER (WHERE id <> $2) AS before, count(DISTINCT lower(contact)) AS now
FROM incident WHERE (id = $1 OR master_id = $1) AND contact <> ''
"""


async def _weigh(session: Session, master: Incident, report_id: int) -> None:
    """Raise a master's priority by one, once, when so many people have reported it; 0 is never."""
    raise_at = session.desk.catalogue.kinship.raise_at
    if not raise_at or master.priority <= 1:
        return
    reporters = await session.conn.fetchrow(REPORTERS, master.id, report_id)
    if reporters is None or not reporters["before"] < raise_at <= reporters["now"]:
        return
    priority = master.priority - 1
    entry = LedgerEntry(max(session.now, master.ledger[-1].at), ClockEvent.SET_PRIORITY, priority=priority)
    after = replace(master, priority=priority, ledger=(*master.ledger, entry))
    changes = [{"field": "priority", "old": master.priority, "new": priority}]
    facts = {"changes": changes, "note": f"{raise_at} reporters"}
    await session.write([Revision(after=after, actor="gateway", events=(("changed", facts),), before=master)])
