"""The writing of a decided batch to records: new ones are opened, existing ones are changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from gateway.catalogue.topology import Topology
from gateway.correlation import detaching, proposals
from gateway.correlation.for_masters import apply_effects_on_masters
from gateway.correlation.proposals import LinkProposal
from gateway.db.pool import Connection
from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.alert_updates import AlertGrading
from gateway.dedup.batch_items import BatchItem
from gateway.dedup.correlated_alerts import LinkReason
from gateway.dedup.correlation_load import fetch_follower_ids
from gateway.dedup.opening import RecordOpener
from gateway.dedup.plan import BatchPlan
from gateway.dedup.sender_actions import command_of
from gateway.dedup.steps import AnyStep, BareStep, TextsChanged
from gateway.dedup.storms import fetch_firing_alerts
from gateway.escalation import timers
from gateway.escalation.change_announcements import announce_change
from gateway.incidents import commands, lifecycle, store, writing
from gateway.incidents.arming import arm_timers
from gateway.incidents.changes import CommittedChanges, armed_by
from gateway.incidents.record import ACTOR, Incident, Revision, TimerChange
from gateway.incidents.shelving import fired_again
from gateway.timing.clock import Clock
from gateway.vocabulary import LIVE, TimerKind


class RecordChanged(Exception):
    """An error: a record changed between reading and locking it."""


class PlanWriter:
    """A writer of the incidents of a plan; `key` is the key of the timeline's hash chain."""

    def __init__(
        self, openings: RecordOpener, reserve: store.Reserve, clock: Clock, key: bytes
    ) -> None:
        self._openings, self._reserve, self._clock, self._key = openings, reserve, clock, key

    def priority_of(self, item: BatchItem) -> int:
        """Return the priority of the record that the item would open."""
        return self._openings.priority(item)

    @property
    def _grading(self) -> AlertGrading:
        openings = self._openings
        return AlertGrading(openings.settings, openings.rules, openings.catalogue.judge)

    @property
    def topology(self) -> Topology:
        """The present topology of services and configuration items."""
        return self._openings.catalogue.topology

    async def write(self, conn: Connection, plan: BatchPlan) -> CommittedChanges:
        """Write the records of a plan in its transaction, and set ids and numbers of new ones."""
        locked = await self._locked(conn, plan)
        opened = await self._opened(plan)
        rules = self._openings.rules
        moved = [await self._shown(conn, revision, plan) for revision in self._moved(locked, plan)]
        changed = (
            await detaching.detach_unfit_followers(conn, rules, moved, plan.now) if locked else []
        )
        made = await apply_effects_on_masters(
            conn, rules.escalation, partial(store.lock, conn), [*opened, *changed], plan.now
        )
        opened, changed = made[: len(opened)], made[len(opened) :]
        revisions = [self._told(self._armed(revision, plan), plan) for revision in changed]
        if opened:
            await writing.open_new(conn, self._key, opened, plan.now)
        if revisions:
            await writing.write_changed(conn, self._key, revisions, plan.now)
        await proposals.store_proposals(
            conn, [_proposal(*one) for one in _proposed(plan)], plan.now
        )
        lapsing = [
            (holder.id, TimerKind.ALERT_EXPIRY, ends_at)
            for holder, ends_at in plan.alert_expiries.items()
        ]
        if lapsing:
            await arm_timers(conn, lapsing)
        written = [*opened, *revisions]
        return CommittedChanges([*armed_by(written), *lapsing], written)

    async def _opened(self, plan: BatchPlan) -> list[Revision]:
        if not plan.drafts:
            return []
        ids, numbers = await self._reserve(len(plan.drafts), self._clock.stamp())
        for draft, incident_id, number in zip(plan.drafts, ids, numbers, strict=True):
            draft.holder.id, draft.holder.number = incident_id, number
        revisions = []
        proposed = _by_record(plan)
        for draft in plan.drafts:
            revision = _with_proposals(
                self._openings.revision(draft, plan.now), proposed.get(draft.holder, [])
            )
            if steps := plan.steps.get(draft.holder):
                revision = self._armed(self._stepped(revision, steps, plan), plan)
            revisions.append(self._told(revision, plan))
        return revisions

    def _told(self, revision: Revision, plan: BatchPlan) -> Revision:
        return announce_change(self._openings.rules, revision, plan.now)

    async def _locked(self, conn: Connection, plan: BatchPlan) -> list[Incident]:
        """Return every record that the plan changes, locked.

        Masters are locked too. Raises Moved if one of them differs from how it was loaded.
        """
        masters = {
            top.id: top
            for draft in plan.drafts
            if (top := draft.holder.top) is not draft.holder and top.id
        }
        movers = {holder.id: holder for holder in plan.moving}
        stepped = {holder.id: holder for holder in plan.steps if holder.id}
        changed = movers | stepped | {one.id: one for one, _, _ in plan.proposed if one.id}
        if not (masters or changed):
            return []
        locked = await store.lock(conn, masters.keys() | changed.keys())
        for incident in locked:
            held = changed.get(incident.id) or masters[incident.id]
            leads = incident.id in masters or incident.id in movers
            if (
                held.was is None
                or incident.state is not held.was[0]
                or (leads and _stands_elsewhere(incident, held))
            ):
                raise RecordChanged
        locked = [incident for incident in locked if incident.id in changed]
        if movers and (
            below := set(await fetch_follower_ids(conn, list(movers)))
            - {incident.id for incident in locked}
        ):
            locked += await store.lock(conn, below)
        return locked

    def _moved(self, locked: Sequence[Incident], plan: BatchPlan) -> list[Revision]:
        """Return the revision of each locked record: new master or proposals, then its steps."""
        steps = {holder.id: steps for holder, steps in plan.steps.items() if holder.id}
        movers = {
            holder.id: (holder.top, link_reason) for holder, link_reason in plan.moving.items()
        }
        proposed = {holder.id: links for holder, links in _by_record(plan).items() if holder.id}
        revisions = []
        for incident in locked:
            revision = Revision(after=incident, actor=ACTOR, events=(), before=incident)
            if mover := movers.get(incident.id) or movers.get(incident.master_id or 0):
                revision = _hung(revision, *mover)
            revision = _with_proposals(revision, proposed.get(incident.id, []))
            revisions.append(self._stepped(revision, steps.get(incident.id, ()), plan))
        return revisions

    def _stepped(self, revision: Revision, steps: Sequence[AnyStep], plan: BatchPlan) -> Revision:
        """Return the revision with the effects of all steps on the record, in order."""
        for step in steps:
            if step is BareStep.SETTLE:
                settle = TimerChange(TimerKind.FLAP_SETTLE, plan.now + plan.settle_after)
                revision = replace(revision, timers=(*revision.timers, settle))
            elif step is not BareStep.LEAVE:
                revision = _with(revision, self._done(revision.after, step, plan.now))
        return revision

    async def _shown(self, conn: Connection, revision: Revision, plan: BatchPlan) -> Revision:
        """Return the revision, of a storm with its worst alert's texts if its alerts changed."""
        incident = revision.after
        if not incident.storm or incident.state not in LIVE or not _let_go(incident, plan):
            return revision
        return _with(
            revision,
            self._grading.with_worst_alert(
                incident, await fetch_firing_alerts(conn, incident, plan), plan.now
            ),
        )

    def _armed(self, revision: Revision, plan: BatchPlan) -> Revision:
        """Return the revision with its clocks and timers brought up to date."""
        if not revision.events:
            return revision
        after, armed = timers.refresh_timers(self._openings.rules, revision.after, plan.now)
        return replace(revision, after=after, timers=armed + revision.timers)

    def _done(self, incident: Incident, step: AnyStep, now: datetime) -> Revision:
        if step is BareStep.FIRE_AGAIN:
            return fired_again(incident)
        if isinstance(step, BareStep):
            return lifecycle.apply_command(incident, COMMANDS[step], ACTOR, now)
        if isinstance(step, TextsChanged):
            return self._grading.reworded(incident, step, now)
        command = command_of(incident, step)
        if command is None:
            return Revision(after=incident, actor=ACTOR, events=())
        return lifecycle.apply_command(incident, command, ACTOR, now)


def _with(revision: Revision, added: Revision) -> Revision:
    """Return the revision with the changes of another one added."""
    return replace(revision, after=added.after, events=revision.events + added.events)


def _let_go(incident: Incident, plan: BatchPlan) -> bool:
    """Return whether an alert of the record changed or cleared, so that another may be shown."""
    steps = next((steps for holder, steps in plan.steps.items() if holder.id == incident.id), [])
    return any(
        step is BareStep.LEAVE or (isinstance(step, TextsChanged) and step.before is not None)
        for step in steps
    )


def _hung(revision: Revision, master: IncidentRef, link_reason: LinkReason) -> Revision:
    after = replace(
        revision.after,
        master_id=master.id,
        link_reason=link_reason.reason,
        link_score=link_reason.score,
    )
    facts = {"master": master.number, "reason": link_reason.reason, "score": link_reason.score}
    return replace(revision, after=after, events=(("linked", facts),))


def _stands_elsewhere(incident: Incident, held: IncidentRef) -> bool:
    found = (
        incident.state,
        incident.kind,
        incident.priority,
        incident.security,
        incident.suppressed,
    )
    return incident.master_id is not None or found != held.was


def _proposed(plan: BatchPlan) -> Iterator[tuple[IncidentRef, IncidentRef, LinkReason]]:
    """Yield every link that the plan proposes: record, master, reason."""
    yield from (
        (draft.holder, master, link_reason)
        for draft in plan.drafts
        for master, link_reason in draft.proposed
    )
    yield from plan.proposed


def _by_record(plan: BatchPlan) -> dict[IncidentRef, list[tuple[IncidentRef, LinkReason]]]:
    found: dict[IncidentRef, list[tuple[IncidentRef, LinkReason]]] = {}
    for holder, master, link_reason in _proposed(plan):
        found.setdefault(holder, []).append((master, link_reason))
    return found


def _proposal(holder: IncidentRef, master: IncidentRef, link_reason: LinkReason) -> LinkProposal:
    return LinkProposal(
        incident_id=holder.id,
        master_id=master.top.id,
        reason=link_reason.reason,
        score=link_reason.score,
    )


def _with_proposals(
    revision: Revision, proposed: Sequence[tuple[IncidentRef, LinkReason]]
) -> Revision:
    facts = [
        {"master": master.top.number, "reason": link_reason.reason, "score": link_reason.score}
        for master, link_reason in proposed
    ]
    return (
        replace(revision, events=(*revision.events, *(("link_proposed", one) for one in facts)))
        if facts
        else revision
    )


COMMANDS: Mapping[BareStep, commands.Command] = {
    BareStep.CLEAR: commands.Clear(reason="cleared_at_source"),
    BareStep.REOPEN: commands.FireAgain(reason="fired_again"),
}
