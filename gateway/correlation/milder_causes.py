"""Notes on masters whose cause became milder: the related record that raised them ended or left.

The priority itself stays; only people lower it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from operator import itemgetter

import msgspec

from gateway.correlation.masters import Lock, add_masters, select_to_write
from gateway.db.pool import Connection
from gateway.escalation.priority_raise import PriorityCause, note_milder_cause
from gateway.incidents.record import Incident, Revision
from gateway.vocabulary import LIVE, Resolution

RAISES = """
SELECT facts FROM timeline WHERE incident_id = $1 AND event = 'raised' ORDER BY seq DESC
"""

OTHERS = """
SELECT min(priority) FROM incident
WHERE master_id = $1 AND id <> ALL($2::bigint[])
  AND is_open(state)
"""


class RaiseFacts(msgspec.Struct):
    """The facts of a `raised` timeline entry that name the cause."""

    old: int
    reason: str = ""


async def note_milder_causes(
    conn: Connection, lock: Lock, revisions: Sequence[Revision], now: datetime
) -> list[Revision]:
    """Return the revisions, in order, then those of other masters whose cause is milder now."""
    left: Mapping[int, list[Revision]] = defaultdict(list)
    for one in revisions:
        if (
            one.before is not None
            and one.before.master_id is not None
            and _leaves(one.before, one.after)
        ):
            left[one.before.master_id].append(one)
    if not left:
        return list(revisions)
    made = await add_masters(lock, revisions, left.keys())
    for master_id, leaving in left.items():
        if (master := made.get(master_id)) is not None and master.after.state in LIVE:
            made[master_id] = await _without(conn, master, leaving, now)
    return select_to_write(made, revisions)


def _leaves(before: Incident, after: Incident) -> bool:
    """Return whether a record was open and counted for its master, and no longer does."""
    return before.state in LIVE and (after.state not in LIVE or after.master_id != before.master_id)


async def _without(
    conn: Connection, master: Revision, leaving: Sequence[Revision], now: datetime
) -> Revision:
    """Return the revision of a master, with a note if it was raised more than is called for now."""
    raises = [
        msgspec.json.decode(row["facts"], type=RaiseFacts)
        for row in await conn.fetch(RAISES, master.after.id)
    ]
    if not (linked := list(takewhile(lambda one: one.reason == "linked", raises))):
        return master
    alone = linked[-1].old  # the priority before any linked record raised it
    others = await conn.fetchval(OTHERS, master.after.id, [one.after.id for one in leaving])
    calls_for = min(alone, others or alone)
    priority, worst = min(
        (((one.before or one.after).priority, one) for one in leaving), key=itemgetter(0)
    )
    if priority >= calls_for:
        return master
    said = note_milder_cause(
        master.after,
        priority,
        calls_for,
        now,
        PriorityCause(reason=_reason(worst), incident=worst.after.number),
    )
    actor = master.actor or worst.actor
    return replace(master, after=said.after, actor=actor, events=(*master.events, *said.events))


def _reason(leaving: Revision) -> str:
    if leaving.after.state in LIVE:
        return "unlinked"
    return "cleared" if leaving.after.resolution is Resolution.VANISHED else "resolved"
