"""Letting followers go: whatever a transaction changes, no open incident is left below a master that it may not follow.

Every place that writes changed incidents asks here first, with all that it is about to write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.columns import incident_of
from gateway.incidents.grading import Grade, with_worst
from gateway.incidents.hierarchy import BY_HAND, Unfit, let_go, may_loosen, unfit
from gateway.incidents.model import LIVE
from gateway.incidents.record import Incident, Revision
from gateway.kinship import proposals
from gateway.kinship.proposals import Proposal
from gateway.sla.raising import Cause, raised
from gateway.sla.timers import ACTOR, Rules

FOLLOWERS = """
SELECT * FROM incident WHERE master_id = ANY($1::bigint[])
AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated') ORDER BY id FOR UPDATE
"""


async def settled(conn: Connection, rules: Rules, revisions: Sequence[Revision], now: datetime) -> list[Revision]:
    """Return the revisions, in order, with what they do to masters and followers; those of other incidents come last.

    Clocks and timers are for the caller to bring up to date. A follower that became more urgent than its master is let go, and
    the link proposed again; where somebody made the link, the master is raised instead.
    """
    made = {revision.after.id: revision for revision in revisions}
    lowered = [revision.after.id for revision in revisions if may_loosen(revision)]
    if lowered:
        for row in await conn.fetch(FOLLOWERS, lowered):
            if row["id"] not in made:
                made[row["id"]] = Revision(after=incident_of(row), actor=ACTOR, events=())
    masters = await _masters(conn, made)
    for follower in list(made.values()):
        master = masters.get(follower.after.master_id or 0)
        if master is None or (why := unfit(master.after, follower.after)) is None:
            continue
        if why is Unfit.MILDER and follower.after.link_reason == BY_HAND and master.after.id not in lowered:
            masters[master.after.id] = made[master.after.id] = _raised(rules, master, follower.after, now)
        else:
            made[follower.after.id] = await _freed(conn, rules, follower, master.after, why, now)
    given = {revision.after.id for revision in revisions}
    return [revision for revision in made.values() if revision.events or revision.after.id in given]


async def _masters(conn: Connection, made: Mapping[int, Revision]) -> dict[int, Revision]:
    """Return the masters of open followers, locked, as they will be; those of what is only noted are left alone."""
    asked = {
        one.after.master_id
        for one in made.values()
        if one.after.master_id and one.after.state in LIVE and not one.marks_only and not _only_noted(one)
    }
    masters = {master: made[master] for master in asked if master in made}
    found = await store.lock(conn, asked - masters.keys()) if asked - masters.keys() else ()
    return masters | {one.id: Revision(after=one, actor=ACTOR, events=()) for one in found}


def _only_noted(revision: Revision) -> bool:
    return bool(revision.events) and all(event == "note" for event, _ in revision.events)


def _raised(rules: Rules, master: Revision, follower: Incident, now: datetime) -> Revision:
    made = above(rules, master.after, [follower], now)
    return replace(made, events=(*master.events, *made.events), notices=(*master.notices, *made.notices), actor=master.actor)


def above(rules: Rules, master: Incident, followers: Sequence[Incident], now: datetime, actor: str = ACTOR) -> Revision:
    """Return the revision by which a master becomes as urgent as the most urgent of what somebody put below it.

    Nobody who set its priority knew of that: their priority does not hold against it.
    """
    worst = min(followers, key=lambda one: one.priority)
    anew = replace(master, marks=with_worst(master.marks, master.priority, master.priority))
    grade = Grade(worst.impact, worst.urgency, worst.priority)
    return raised(rules, anew, grade, now, Cause(reason="linked", incident=worst.number), actor)


async def _freed(conn: Connection, rules: Rules, follower: Revision, master: Incident, why: Unfit, now: datetime) -> Revision:
    before, proposed = follower.after, why is Unfit.MILDER and bool(follower.events)
    if proposed:
        link = Proposal(
            incident_id=before.id, master_id=master.id, reason=before.link_reason or "", score=before.link_score or 0.0
        )
        await proposals.keep(conn, [link], now)
    freed = let_go(follower, master, why, proposed=proposed)
    notices, told = rules.escalation.opened(freed.after)
    return replace(freed, events=(*freed.events, *told), notices=(*freed.notices, *notices))
