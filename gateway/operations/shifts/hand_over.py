"""The hand-over of a shift: its open work is listed half an hour before it ends.

The next shift takes the work over when it accepts the list.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import transaction
from gateway.errors import Conflict, Forbidden
from gateway.incidents.changes import CommittedChanges
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, claim_key
from gateway.operations.shifts.hand_over_notices import notify_next_shift, remind_unaccepted
from gateway.operations.shifts.lists import ITEMS, HandOver, load_locked, with_records
from gateway.operations.shifts.look_through import ask_look_through
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import LIVE, Tier

EVERY = 30.0
"""Seconds between two checks."""

AHEAD = timedelta(minutes=30)
"""The time before the end of a shift at which its list is made."""

DUE = """
INSERT INTO handover (shift_id, made_at)
SELECT s.id, t.now FROM moment($1) AS t (now)
JOIN shift s ON s.ends_at > t.now - interval '1 day' AND s.ends_at <= t.now + $2::interval
WHERE NOT EXISTS (SELECT FROM handover h WHERE h.shift_id = s.id)
ON CONFLICT (shift_id) DO NOTHING RETURNING id
"""

LISTED = """
INSERT INTO handover_item (handover_id, incident_id)
SELECT h.id, i.id FROM handover h JOIN shift s ON s.id = h.shift_id
  JOIN staff_group g ON g.id = s.group_id
JOIN incident i ON is_open(i.state)
  AND (i.assignee_group = g.slug OR (g.tier = 'desk' AND i.tier = '1' AND i.assignee_group = '')
       OR (g.tier = 'tier2' AND i.tier IN ('3', 'vendor') AND i.assignee = ANY(
           SELECT p.login FROM person p WHERE p.id = ANY(s.people))))
WHERE h.id = ANY($1::bigint[])
UNION
SELECT h.id, r.incident_id FROM handover h JOIN shift s ON s.id = h.shift_id
  JOIN staff_group g ON g.id = s.group_id
JOIN major_report_standing r ON r.status <> 'approved'
  AND (r.assignee_group = g.slug OR (g.tier = 'desk' AND r.tier = '1' AND r.assignee_group = ''))
WHERE h.id = ANY($1::bigint[])
"""
"""A statement that lists open work: unresolved records, and those that lack a report.

The report is that on a major incident. Tier 2 also hands over records that it stays responsible
for while tier 3 or a vendor works on them.
"""


async def make_lists(uow: UnitOfWork) -> int:
    """Make the list of every shift that is about to end, and notify the next one.

    Return how many.

    Any replica may do so, each list is made once. Of lists that nobody accepted in time people
    are reminded, once, and each shift is asked once to look through what was left to it.
    """
    async with transaction(uow.pool) as conn:
        made = [row["id"] for row in await conn.fetch(DUE, uow.clock.stamp(), AHEAD)]
        if made:
            await conn.execute(LISTED, made)
            await notify_next_shift(uow, conn, made)
        reminded = await remind_unaccepted(uow, conn)
        asked = await ask_look_through(uow, conn)
    if made or reminded or asked:
        uow.committed(CommittedChanges())
    return len(made)


ELSEWHERE = frozenset({Tier.THIRD, Tier.VENDOR})
"""The tiers at which tier 2 stays responsible for records that it does not work on."""

ACCEPT = "UPDATE handover SET accepted_at = $2, accepted_by = $3 WHERE id = $1"


async def accept_hand_over(
    uow: UnitOfWork, handover_id: int, who: Principal, *, once: IdempotencyKey | None = None
) -> HandOver:
    """Take over the open records of the list that nobody, or somebody going off shift, handles.

    Raises NotFound, Forbidden for somebody who does not work the shift that follows,
    IdempotencyMismatch, and Conflict when it is accepted already.
    """
    raise_if_refused(may(who, Action.HAND_OVER))
    async with transaction(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
        again = once is not None and await claim_key(conn, once, now) is not None
        listed = await load_locked(conn, handover_id)
        if again:
            return await with_records(conn, listed, who)
        if listed.accepted_at is not None:
            raise Conflict(f"{listed.accepted_by} accepted it already")
        if who.name not in listed.successors and may(who, Action.ACCEPT_FOR) != ALLOWED:
            raise Forbidden(
                "whoever works the shift that follows accepts it: "
                + (", ".join(listed.successors) or "nobody yet")
            )
        tx = Transaction(uow, conn, now)
        await _take_over(tx, listed, who)
        await conn.execute(ACCEPT, handover_id, tx.now, who.name)
        taken = await with_records(
            conn, replace(listed, accepted_at=tx.now, accepted_by=who.name), who
        )
    uow.committed(tx.changes)
    return taken


async def _take_over(tx: Transaction, listed: HandOver, who: Principal) -> None:
    ids = [row["incident_id"] for row in await tx.conn.fetch(ITEMS, listed.id)]
    revisions: Sequence[Revision] = [
        Revision(
            after=after,
            actor=who.name,
            events=(("handed_over", {"from": one.handler, "to": who.name, "handover": listed.id}),),
        )
        for one in await tx.locked(ids)
        if one.state in LIVE and (after := _taken(one, listed, who.name)) != one
    ]
    await tx.write(revisions)


def _taken(incident: Incident, listed: HandOver, successor: str) -> Incident:
    """Return the record with whoever goes off shift replaced.

    Where tier 2 is only responsible, the handler stays.
    """
    leaving = set(listed.people) - set(listed.successors)
    if incident.assignee_group != listed.group and incident.tier in ELSEWHERE:
        return replace(incident, assignee=successor) if incident.assignee in leaving else incident
    if incident.handler not in {"", *leaving}:
        return incident
    assignee = successor if incident.assignee in {"", *leaving} else incident.assignee
    return replace(incident, handler=successor, assignee=assignee)
