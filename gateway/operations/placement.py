"""The placing of a new report: related to an open master of the same trouble, or routed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from gateway.catalogue.routing import PEOPLE
from gateway.correlation import proposals
from gateway.correlation.proposals import LinkProposal
from gateway.correlation.scoring import MOST_PROPOSED, Match
from gateway.correlation.search import MasterSearch
from gateway.incidents.hierarchy import find_unfit_reason
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident, Revision
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import State

UNTOUCHED = frozenset({State.LOGGED, State.ASSIGNED})
"""The states of a record that nobody has begun to work on."""


async def open_correlated(tx: Transaction, revision: Revision) -> Incident:
    """Open a report: related to its match, so that nobody is paged for it, or routed.

    A routed report has the proposed links that people must decide about.
    """
    placed = await _find_placement(tx, revision.after)
    if placed.below is None:
        routed = tx.uow.catalogue.route(revision, PEOPLE, tx.now)
        opened = await tx.open(
            replace(routed, events=(*routed.events, *_proposing(placed.proposed)))
        )
        await _propose(tx, opened, placed.proposed)
        return opened
    match, master = placed.below
    opened = await tx.open(_below(revision, match))
    await _weigh(tx, master, opened.id)
    return opened


FOLLOWED = "SELECT EXISTS (SELECT FROM incident WHERE master_id = $1)"


async def correlate_again(tx: Transaction, incident: Incident) -> Incident:
    """Correlate a record again when more is known of it, such as what was said in a call.

    It is related to its match, or a milder match is proposed. A record that somebody works on,
    or that others follow, stays as it is.
    """
    if (
        incident.state not in UNTOUCHED
        or incident.master_id
        or await tx.conn.fetchval(FOLLOWED, incident.id)
    ):
        return incident
    found = await _find_placement(tx, incident)
    if found.below is not None:
        match, master = found.below
        placed = (
            await tx.write([_below(Revision(after=incident, actor="gateway", events=()), match)])
        )[0]
        await _weigh(tx, master, placed.id)
        return placed
    new = await _propose(tx, incident, found.proposed)
    if not new:
        return incident
    told = Revision(after=incident, actor="gateway", events=tuple(_proposing(new)))
    return (await tx.write([told]))[0]


@dataclass(frozen=True, slots=True)
class Placement:
    """The place of a record: below a master, or on its own with the links that are proposed."""

    below: tuple[Match, Incident] | None = None
    proposed: tuple[Match, ...] = ()


async def _find_placement(tx: Transaction, incident: Incident) -> Placement:
    """Find the place of a record.

    A match less urgent than the record is proposed, not linked, and so is one that no identifier
    supports.
    """
    catalogue = tx.uow.catalogue
    settings = catalogue.correlation
    if not settings.people:
        return Placement()
    seeking = MasterSearch(
        catalogue.topology, settings.within, settings.least, catalogue.default_services
    )
    found = await seeking.find_master(tx.conn, incident, tx.now)
    if found.match is None or found.master is None:
        return Placement(proposed=found.proposed)
    if find_unfit_reason(found.master, incident) is not None:
        return Placement(proposed=(found.match, *found.proposed)[:MOST_PROPOSED])
    return Placement(below=(found.match, found.master))


def _below(revision: Revision, match: Match) -> Revision:
    """Return the revision by which a record follows a master."""
    reason = f"correlation: {match.reason}"
    after = replace(
        revision.after, master_id=match.master.id, link_reason=reason, link_score=match.score
    )
    return replace(revision, after=after, events=(*revision.events, ("linked", _facts(match))))


def _facts(match: Match) -> dict[str, Any]:
    rests_on = {point.fact: point.points for point in match.points}
    return {
        "master": match.master.number,
        "reason": f"correlation: {match.reason}",
        "score": match.score,
        "points": rests_on,
    }


def _proposing(proposed: Iterable[Match]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from (("link_proposed", _facts(match)) for match in proposed)


async def _propose(tx: Transaction, incident: Incident, proposed: Collection[Match]) -> list[Match]:
    """Store these proposals and return those that are new."""
    links = [
        LinkProposal(
            incident_id=incident.id,
            master_id=match.master.id,
            reason=f"correlation: {match.reason}",
            score=match.score,
            points={point.fact: point.points for point in match.points},
        )
        for match in proposed
    ]
    new = {link.master_id for link in await proposals.store_proposals(tx.conn, links, tx.now)}
    return [match for match in proposed if match.master.id in new]


REPORTERS = """
SELECT count(DISTINCT lower(contact)) FILTER (WHERE id <> $2) AS before,
  count(DISTINCT lower(contact)) AS now
FROM incident WHERE (id = $1 OR master_id = $1) AND contact <> ''
"""


async def _weigh(tx: Transaction, master: Incident, report_id: int) -> None:
    """Raise a master's priority by one, once, when `raise_at` people have reported it.

    0 means never.
    """
    raise_at = tx.uow.catalogue.correlation.raise_at
    if not raise_at or master.priority <= 1:
        return
    reporters = await tx.conn.fetchrow(REPORTERS, master.id, report_id)
    if reporters is None or not reporters["before"] < raise_at <= reporters["now"]:
        return
    priority = master.priority - 1
    entry = LedgerEntry(
        max(tx.now, master.ledger[-1].at), ClockEvent.SET_PRIORITY, priority=priority
    )
    after = replace(master, priority=priority, ledger=(*master.ledger, entry))
    changes = [{"field": "priority", "old": master.priority, "new": priority}]
    facts = {"changes": changes, "note": f"{raise_at} reporters"}
    await tx.write(
        [Revision(after=after, actor="gateway", events=(("changed", facts),), before=master)]
    )
