"""Where a new report goes: below the open master of the same trouble, or on its own to whom it is routed."""

from dataclasses import replace

from gateway.catalogue.routing import PEOPLE
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.model import Channel
from gateway.incidents.record import Incident, Revision
from gateway.kinship.judge import Kin
from gateway.kinship.seeking import Seeking
from gateway.operations.desk import Session

SPOKEN = frozenset(Channel) - {Channel.MONITORING}
"""Ways by which people speak; what other systems record has been placed by them."""


async def open_placed(session: Session, revision: Revision) -> Incident:
    """Open a report: related to its kin, whom nobody is paged for, or routed."""
    desk, incident = session.desk, revision.after
    catalogue = desk.catalogue
    settings = catalogue.kinship
    found = None
    if settings.people and incident.source in SPOKEN:
        seeking = Seeking(catalogue.landscape, settings.within, settings.least, catalogue.anything)
        found = await seeking.kin_of(session.conn, incident, session.now)
    if found is None:
        return await session.open(catalogue.route(revision, PEOPLE, session.now))
    kin, master = found
    opened = await session.open(_below(revision, kin))
    await _weigh(session, master, settings.raise_at)
    return opened


def _below(revision: Revision, kin: Kin) -> Revision:
    """The first revision of a record that follows a master: nobody is told of it."""
    reason = f"kin: {kin.reason}"
    after = replace(revision.after, master_id=kin.master.id, link_reason=reason, link_score=kin.score)
    rests_on = {point.fact: point.points for point in kin.points}
    facts = {"master": kin.master.number, "reason": reason, "score": kin.score, "points": rests_on}
    events = tuple(event for event in revision.events if event[0] != "management_told")
    return replace(revision, after=after, events=(*events, ("linked", facts)), notices=())


REPORTERS = "SELECT count(DISTINCT lower(contact)) FROM incident WHERE (id = $1 OR master_id = $1) AND contact <> ''"


async def _weigh(session: Session, master: Incident, raise_at: int) -> None:
    """Raise a master's priority by one, once, when so many people have reported it; 0 is never."""
    if not raise_at or master.priority <= 1 or await session.conn.fetchval(REPORTERS, master.id) != raise_at:
        return
    priority = master.priority - 1
    entry = LedgerEntry(max(session.now, master.ledger[-1].at), ClockEvent.SET_PRIORITY, priority=priority)
    after = replace(master, priority=priority, ledger=(*master.ledger, entry))
    changes = [{"field": "priority", "old": master.priority, "new": priority}]
    notices, told = session.desk.rules.escalation.opened(after)
    facts = {"changes": changes, "note": f"{raise_at} reporters"}
    await session.write([Revision(after=after, actor="gateway", events=(("changed", facts), *told), notices=notices)])
