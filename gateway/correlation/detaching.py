"""Detaching of followers, so that no open incident has a master that it may not follow.

Every place that writes changed incidents calls `settled` first, with all the revisions that it
is about to write.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.correlation import proposals
from gateway.correlation.masters import select_to_write
from gateway.correlation.proposals import LinkProposal
from gateway.db.pool import Connection
from gateway.escalation.priority_raise import PriorityCause, raise_priority
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents import store
from gateway.incidents.columns import incident_of
from gateway.incidents.grading import PriorityGrade, with_worst
from gateway.incidents.hierarchy import (
    BY_HAND,
    UnfitReason,
    detach_follower,
    find_unfit_reason,
    may_lose_followers,
    may_lose_master,
)
from gateway.incidents.record import ACTOR, Incident, Revision

FOLLOWERS = """
SELECT * FROM incident WHERE master_id = ANY($1::bigint[])
AND is_open(state) ORDER BY id FOR UPDATE
"""


async def detach_unfit_followers(
    conn: Connection, rules: SlaRules, revisions: Sequence[Revision], now: datetime
) -> list[Revision]:
    """Return the revisions, in order, followed by those of other masters and followers they affect.

    The caller brings clocks, timers and messages up to date. A follower that became more urgent
    than its master is detached, and the link is proposed again; if a person made the link, the
    master is raised in priority instead.
    """
    made = {revision.after.id: revision for revision in revisions}
    lowered = [revision.after.id for revision in revisions if may_lose_followers(revision)]
    asked = [revision.after.id for revision in revisions if may_lose_master(revision)]
    if lowered:
        for row in await conn.fetch(FOLLOWERS, lowered):
            made.setdefault(row["id"], _unchanged(incident_of(row)))
            asked.append(row["id"])
    masters = await _masters(conn, made, asked) if asked else {}
    for follower in [made[incident_id] for incident_id in dict.fromkeys(asked)]:
        master = masters.get(follower.after.master_id or 0)
        if master is None or (why := find_unfit_reason(master.after, follower.after)) is None:
            continue
        if (
            why is UnfitReason.MILDER
            and follower.after.link_reason == BY_HAND
            and master.after.id not in lowered
        ):
            masters[master.after.id] = made[master.after.id] = _raised(
                rules, master, follower.after, now
            )
        else:
            made[follower.after.id] = await _freed(conn, follower, master.after, why, now)
    return select_to_write(made, revisions)


async def _masters(
    conn: Connection, made: Mapping[int, Revision], asked: Iterable[int]
) -> dict[int, Revision]:
    """Return the masters of these incidents, locked, as the revisions will leave them."""
    ids = {master for one in asked if (master := made[one].after.master_id) is not None}
    masters = {master: made[master] for master in ids if master in made}
    found = await store.lock(conn, ids - masters.keys()) if ids - masters.keys() else ()
    return masters | {one.id: _unchanged(one) for one in found}


def _unchanged(incident: Incident) -> Revision:
    return Revision(after=incident, actor=ACTOR, events=(), before=incident)


def _raised(rules: SlaRules, master: Revision, follower: Incident, now: datetime) -> Revision:
    made = raise_master_to_followers(rules, master.after, [follower], now)
    return replace(
        master, after=made.after, events=(*master.events, *made.events), marks_only=False
    )


def raise_master_to_followers(
    rules: SlaRules,
    master: Incident,
    followers: Sequence[Incident],
    now: datetime,
    actor: str = ACTOR,
) -> Revision:
    """Return the revision that raises a master to the most urgent record linked to it by hand.

    A priority that a person set on the master earlier does not prevent this, for they did not
    know of the linked record.
    """
    worst = min(followers, key=lambda one: one.priority)
    anew = replace(master, marks=with_worst(master.marks, master.priority, master.priority))
    grade = PriorityGrade(worst.impact, worst.urgency, worst.priority)
    return raise_priority(
        rules, anew, grade, now, PriorityCause(reason="linked", incident=worst.number), actor
    )


async def _freed(
    conn: Connection, follower: Revision, master: Incident, why: UnfitReason, now: datetime
) -> Revision:
    before, proposed = follower.after, why is UnfitReason.MILDER and bool(follower.events)
    if proposed:
        reason, score = before.link_reason or "", before.link_score or 0.0
        link = LinkProposal(incident_id=before.id, master_id=master.id, reason=reason, score=score)
        await proposals.store_proposals(conn, [link], now)
    return replace(detach_follower(follower, master, why, proposed=proposed), marks_only=False)
