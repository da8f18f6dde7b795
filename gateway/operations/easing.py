"""A master whose priority only a follower called for, once that follower is unlinked."""

import msgspec

from gateway.incidents.model import LIVE
from gateway.incidents.record import Incident, Revision
from gateway.operations.desk import Session
from gateway.sla.raising import Cause, eased

LAST_RAISE = """
SELECT facts FROM timeline WHERE incident_id = $1 AND event = 'raised' ORDER BY seq DESC LIMIT 1
"""

OTHERS = """
SELECT min(priority) FROM incident
WHERE master_id = $1 AND id <> $2 AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
"""


class Raised(msgspec.Struct):
    """As much of the facts of a raise as says what it was for."""

    old: int
    new: int
    reason: str = ""
    incident: str | None = None


async def without(session: Session, master_id: int, follower: Incident, actor: str) -> list[Revision]:
    """Return the revision of a master that says it is eased without the follower; none where its priority is still called for."""
    (master,) = await session.locked([master_id])
    facts = await session.conn.fetchval(LAST_RAISE, master_id)
    if facts is None or master.state not in LIVE:
        return []
    last = msgspec.json.decode(facts, type=Raised)
    others = await session.conn.fetchval(OTHERS, master_id, follower.id)
    calls_for = last.old if others is None else min(last.old, others)
    if last.reason != "linked" or last.incident != follower.number or calls_for <= last.new:
        return []
    cause = Cause(reason="unlinked", incident=follower.number)
    return [eased(master, last.new, calls_for, session.now, cause, actor)]
