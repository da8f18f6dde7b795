"""The look-through of a shift: half an hour after it begins, what was handed over or left is read.

Its people are asked for it once, where anything is left, and one of them records that it is done.
"""

from datetime import timedelta

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, transaction
from gateway.errors import Conflict, Forbidden
from gateway.operations.idempotency import IdempotencyKey, claim_key
from gateway.operations.shifts.hand_over_notices import tell_next_shift
from gateway.operations.shifts.lists import HandOver, load_locked, with_records
from gateway.operations.unit_of_work import UnitOfWork

AFTER = timedelta(minutes=30)
"""The time after the begin of a shift at which it is asked."""

DUE = """
UPDATE handover h SET look_through_asked_at = t.now
FROM shift s, (SELECT moment($1) AS now) AS t
WHERE s.id = h.shift_id AND s.ends_at > t.now - interval '2 days'
  AND h.look_through_asked_at IS NULL AND h.looked_through_at IS NULL
  AND (SELECT n.starts_at FROM shift n WHERE n.group_id = s.group_id AND n.starts_at >= s.ends_at
         AND n.ends_at > t.now
       ORDER BY n.starts_at LIMIT 1) <= t.now - $2::interval
  AND EXISTS (SELECT FROM handover_item x JOIN incident i ON i.id = x.incident_id
              WHERE x.handover_id = h.id AND is_open(i.state))
RETURNING h.id
"""


async def ask_look_through(uow: UnitOfWork, conn: Connection) -> int:
    """Ask every shift that began half an hour ago to look through what is left; return how many."""
    due = [row["id"] for row in await conn.fetch(DUE, uow.clock.stamp(), AFTER)]
    if due:
        await tell_next_shift(uow, conn, due, "look_through", only_open=True)
    return len(due)


DONE = "UPDATE handover SET looked_through_at = $2, looked_through_by = $3 WHERE id = $1"


async def record_look_through(
    uow: UnitOfWork, handover_id: int, who: Principal, *, once: IdempotencyKey | None = None
) -> HandOver:
    """Record that what was handed over or left was looked through.

    Raises NotFound, Forbidden for somebody who does not work the shift, IdempotencyMismatch, and
    Conflict when it is recorded already.
    """
    raise_if_refused(may(who, Action.HAND_OVER))
    async with transaction(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
        again = once is not None and await claim_key(conn, once, now) is not None
        listed = await load_locked(conn, handover_id)
        if not again:
            if listed.looked_through_at is not None:
                raise Conflict(f"{listed.looked_through_by} recorded it already")
            if who.name not in listed.successors and may(who, Action.ACCEPT_FOR) != ALLOWED:
                raise Forbidden(
                    "whoever works the shift records it: "
                    + (", ".join(listed.successors) or "nobody yet")
                )
            await conn.execute(DONE, handover_id, now, who.name)
            listed = await load_locked(conn, handover_id)
        return await with_records(conn, listed, who)
