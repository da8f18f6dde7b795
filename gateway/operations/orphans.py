"""Related records whose master is over: they are on their own again, so that none waits in silence for a master that ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.db.pool import Connection, transaction
from gateway.incidents.model import LIVE
from gateway.incidents.record import Incident, Revision
from gateway.operations.desk import NOW, Desk, Session

EVERY = 60.0
"""Seconds between two looks."""

BATCH = 100

ORPHANS = """
SELECT r.id, m.number FROM incident r JOIN incident m ON m.id = r.master_id
WHERE r.state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
AND m.state IN ('resolved', 'closed', 'rejected') AND coalesce(m.resolved_at, m.closed_at, m.updated_at) <= $1
ORDER BY r.id LIMIT $2
"""


async def release(desk: Desk, grace: timedelta) -> int:
    """Unlink one batch of live records whose master ended at least `grace` ago; answers how many there were.

    A master that its alert reopens within the grace has kept them; what recovers with it has recovered by then.
    """
    async with transaction(desk.pool) as conn:
        session = Session(desk, conn, await conn.fetchval(NOW, desk.clock.stamp()))
        written = await session.write(await _released(session, conn, grace))
    desk.committed(session.armed)
    return len(written)


async def _released(session: Session, conn: Connection, grace: timedelta) -> Sequence[Revision]:
    found = {row["id"]: row["number"] for row in await conn.fetch(ORPHANS, session.now - grace, BATCH)}
    return [_alone(one, found[one.id]) for one in await session.locked(list(found)) if one.master_id and one.state in LIVE]


def _alone(incident: Incident, master: str) -> Revision:
    after = replace(incident, master_id=None, link_reason=None, link_score=None)
    events = (("unlinked", {"master": master, "reason": "master_over"}),)
    return Revision(after=after, actor="gateway", events=events, before=incident)
