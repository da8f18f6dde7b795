"""A sweep that detaches open records from masters they may not follow.

They would wait in silence. An older release, or a race, may have left them there.
"""

from gateway.correlation import detaching
from gateway.db.pool import transaction
from gateway.incidents import store
from gateway.incidents.record import Revision
from gateway.operations.unit_of_work import UnitOfWork
from gateway.vocabulary import LIVE

EVERY = 60.0
"""Seconds between two sweeps."""

BATCH = 100

UNFIT = """
SELECT r.id FROM incident r JOIN incident m ON m.id = r.master_id
WHERE is_open(r.state)
AND (m.state IN ('resolved', 'closed', 'rejected') OR m.suppressed OR r.priority < m.priority
     OR (m.security AND NOT r.security) OR (m.kind <> 'incident' AND r.kind = 'incident'))
ORDER BY r.id LIMIT $1
"""


async def detach_orphans(uow: UnitOfWork) -> int:
    """Detach one batch of open records from masters that they may not follow; return how many."""
    async with transaction(uow.pool) as conn:
        tx = await uow.on(conn)
        ids = [row["id"] for row in await conn.fetch(UNFIT, BATCH)]
        found = [one for one in await store.lock(conn, ids) if one.state in LIVE]
        asked = [Revision(after=one, actor="gateway", events=()) for one in found]
        freed = await detaching.detach_unfit_followers(conn, uow.rules, asked, tx.now)
        written = await tx.write(freed)
    uow.committed(tx.changes)
    return len(written)
