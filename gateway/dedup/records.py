"""From a decided batch to written records: new ones opened, existing ones locked, moved on and written back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.clock import Clock
from gateway.db.pool import Connection
from gateway.dedup.known import Holder
from gateway.dedup.opening import ACTOR, Openings
from gateway.dedup.plan import Plan, Step
from gateway.incidents import commands, lifecycle, store, writing
from gateway.incidents.arming import arm
from gateway.incidents.model import TimerKind
from gateway.incidents.record import Arm, Incident, Revision
from gateway.sla import timers

Armed = tuple[int, TimerKind, datetime]
"""A timer that is now armed: incident, kind, due."""


class Moved(Exception):
    """A record changed between reading and locking it."""


class Records:
    """Writes what a plan says about incidents. `key` is the key of the timeline's hash chain."""

    def __init__(self, openings: Openings, reserve: store.Reserve, clock: Clock, key: bytes) -> None:
        self._openings, self._reserve, self._clock, self._key = openings, reserve, clock, key

    async def write(self, conn: Connection, plan: Plan) -> list[Armed]:
        """Write the records of a plan inside its transaction and give every drafted holder its id and number."""
        revisions = await self._moved(conn, plan)
        opened = await self._opened(plan)
        if opened:
            await writing.open_new(conn, self._key, opened, plan.now)
        if revisions:
            await writing.write(conn, self._key, revisions, plan.now)
        lapsing = [(holder.id, TimerKind.ALERT_EXPIRY, ends_at) for holder, ends_at in plan.lapsing.items()]
        if lapsing:
            await arm(conn, lapsing)
        armed = [(revision.after.id, arm.kind, arm.due_at) for revision in (*opened, *revisions) for arm in revision.timers]
        return [(incident_id, kind, due_at) for incident_id, kind, due_at in armed + lapsing if due_at is not None]

    async def _opened(self, plan: Plan) -> list[Revision]:
        if not plan.drafts:
            return []
        ids, numbers = await self._reserve(len(plan.drafts), self._clock.stamp())
        for draft, incident_id, number in zip(plan.drafts, ids, numbers, strict=True):
            draft.holder.id, draft.holder.number = incident_id, number
        revisions = []
        for draft in plan.drafts:
            revision = self._openings.revision(draft, plan.now)
            steps = plan.steps.get(draft.holder)
            revisions.append(self._stepped(revision, steps, plan) if steps else revision)
        return revisions

    async def _moved(self, conn: Connection, plan: Plan) -> list[Revision]:
        holders = {holder.id: holder for holder in plan.steps if holder.id}
        if not holders:
            return []
        incidents = await store.lock(conn, holders)
        return [self._step(incident, holders[incident.id], plan) for incident in incidents]

    def _step(self, incident: Incident, holder: Holder, plan: Plan) -> Revision:
        if incident.state is not holder.was:
            raise Moved
        return self._stepped(Revision(after=incident, actor=ACTOR, events=()), plan.steps[holder], plan)

    def _stepped(self, revision: Revision, steps: Sequence[Step], plan: Plan) -> Revision:
        """The revision with everything the batch's decisions did to the record, in order, on top."""
        settle: tuple[Arm, ...] = ()
        for step in steps:
            if step is Step.SETTLE:
                settle = (Arm(TimerKind.FLAP_SETTLE, plan.now + plan.settle_after),)
                continue
            added = lifecycle.apply(revision.after, COMMANDS[step], ACTOR, plan.now)
            revision = replace(added, events=revision.events + added.events, notices=revision.notices)
        after, armed = timers.refresh(self._openings.rules, revision.after, plan.now)
        return replace(revision, after=after if revision.events else revision.after, timers=armed + settle)


COMMANDS: Mapping[Step, commands.Command] = {
    Step.CLEAR: commands.Clear(reason="cleared_at_source"),
    Step.REOPEN: commands.FireAgain(reason="fired_again"),
    Step.ACKNOWLEDGE: commands.Acknowledge(person="at the source", note="acknowledged in the sender's tool"),
}
