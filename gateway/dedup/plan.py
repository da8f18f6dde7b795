"""The plan of a batch, decided item by item in order of arrival. Pure.

The loaded state goes in, the changes to write come out.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from gateway.dedup.alert_state import AlertState, AlertTexts, IncidentRef, texts_of_alert
from gateway.dedup.batch_items import BatchItem, DetachedCount, ItemVerdict, RecordDraft
from gateway.dedup.correlated_alerts import LinkReason, OpenMasters
from gateway.dedup.decide import (
    DECISIONS_BY_PEOPLE,
    AcknowledgeDecision,
    ClearDecision,
    CommentDecision,
    Decision,
    DecisionRules,
    IgnoreDecision,
    OpenDecision,
    ReopenDecision,
    RepeatDecision,
    StaleDecision,
    UnacknowledgeDecision,
    decide,
)
from gateway.dedup.groups import RelateGroup
from gateway.dedup.maintenance import MaintenanceWindow, suppressed_until
from gateway.dedup.priority import STORM_GRADE
from gateway.dedup.steps import AnyStep, BareStep, PersonSaid, TextsChanged
from gateway.incidents.alert import Alert
from gateway.incidents.hierarchy import UnfitReason, find_unfit_reason
from gateway.vocabulary import AlertStatus, Outcome, State


@dataclass(slots=True)
class BatchPlan:
    """The working state of a batch: `known` and `groups` as loaded, the rest made while deciding.

    `chatty` are keys whose texts changed so often of late that only a change of severity counts.
    """

    now: datetime
    rules: DecisionRules
    settle_after: timedelta
    known: dict[bytes, AlertState] = field(default_factory=dict)
    windows: Sequence[MaintenanceWindow] = ()
    silenced: dict[bytes, tuple[datetime, str]] = field(default_factory=dict)
    names: dict[bytes, str] = field(default_factory=dict)
    groups: dict[bytes, RelateGroup] = field(default_factory=dict)
    memberships: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    unlinked: frozenset[tuple[bytes, bytes]] = frozenset()
    storms: dict[int, RelateGroup] = field(default_factory=dict)
    drafts: list[RecordDraft] = field(default_factory=list)
    steps: dict[IncidentRef, list[AnyStep]] = field(default_factory=dict)
    detached: list[DetachedCount] = field(default_factory=list)
    shown: dict[bytes, Alert] = field(default_factory=dict)
    told: dict[bytes, BatchItem] = field(default_factory=dict)
    alert_expiries: dict[IncidentRef, datetime] = field(default_factory=dict)
    correlated: OpenMasters = field(default_factory=OpenMasters)
    moving: dict[IncidentRef, LinkReason] = field(default_factory=dict)
    priority_of: Callable[[BatchItem], int] = lambda _: 3
    proposed: list[tuple[IncidentRef, IncidentRef, LinkReason]] = field(default_factory=list)
    chatty: AbstractSet[bytes] = frozenset()

    def loaded(self) -> dict[int, IncidentRef]:
        """Return the records that were loaded for keys and groups, by id.

        If both a key and a group have a record, the key's is returned.
        """
        masters = [group.master for group in self.groups.values()]
        holders = (*masters, *(known.holder for known in self.known.values()))
        return {holder.id: holder for holder in holders if holder is not None}

    def take(self, item: BatchItem) -> ItemVerdict:
        """Decide one item and update the batch's state."""
        known = self.known[item.key_hash]
        if known.firing and known.severity and not item.alert.severity:
            # A repeat without a severity does not change it.
            item = replace(item, alert=replace(item.alert, severity=known.severity))
        self.told[item.key_hash] = item
        decision = decide(item.alert, known, self.now, self.rules)
        verdict = ItemVerdict(item, decision.outcome, decision.reason, known.holder)
        if item.alert.status is not AlertStatus.FIRING:
            self._quote(item, known)
        match decision:
            case OpenDecision():
                self._open(item, known, decision, verdict)
            case RepeatDecision():
                before = known.words
                self._count(item, known, flapped=decision.flapped)
                if decision.flapped:
                    self._step(known, BareStep.FIRE_AGAIN)
                self._reword(item, known, before)
            case ReopenDecision():
                self._reopen(item, known, verdict)
            case ClearDecision():
                self._clear(item.alert, known, decision)
            case (
                AcknowledgeDecision()
                | UnacknowledgeDecision()
                | CommentDecision()
                | StaleDecision()
                | IgnoreDecision()
            ):
                self._note(item.alert, known, decision)
            case _:
                assert_never(decision)
        if item.alert.status is AlertStatus.FIRING:
            self._quote(item, known)
        return verdict

    def _quote(self, item: BatchItem, known: AlertState) -> None:
        """Add what a person did or wrote in the sender's tool to a record that is open."""
        alert, holder = item.alert, known.holder
        if (
            (alert.note or alert.status in DECISIONS_BY_PEOPLE)
            and not alert.test
            and holder is not None
            and holder.live
        ):
            self._step(known, PersonSaid(item.source, alert))

    def _show(self, item: BatchItem, known: AlertState) -> None:
        self.shown[item.key_hash], known.words = item.alert, texts_of_alert(item.alert)

    def _reopen(self, item: BatchItem, known: AlertState, verdict: ItemVerdict) -> None:
        before = known.words
        self._show(item, known)
        if self._held_back(item, known, verdict):
            return
        self._count(item, known, flapped=True)
        self._move(known, State.LOGGED, BareStep.REOPEN)
        self._reword(item, known, before)

    def _open(
        self, item: BatchItem, known: AlertState, decision: OpenDecision, verdict: ItemVerdict
    ) -> None:
        self._show(item, known)
        if self._held_back(item, known, verdict):
            return
        self._detach(known)
        known.occurrences, known.first_seen, known.suppressed_until = 0, self.now, None
        if storm := self.storms.get(item.integration_id):
            known.holder = self._storm_master(storm, item)
            verdict.outcome, verdict.reason = Outcome.FOLDED, "storm"
        else:
            known.holder, rule = self._place(item, decision)
            if rule is not None:
                verdict.outcome, verdict.reason = Outcome.RELATED, rule
        verdict.holder = known.holder
        known.status = ""
        self._count(item, known, flapped=False)
        if known.holder.storm:
            self._step(known, TextsChanged(item.source, item.alert, None))

    def _held_back(self, item: BatchItem, known: AlertState, verdict: ItemVerdict) -> bool:
        """Suppress the alert if maintenance or a silence covers it, and return whether one does.

        A suppressed alert is counted, but opens no record and notifies nobody.
        """
        window = suppressed_until(self.windows, item.alert, item.source, self.now)
        holds = [(window[0], f"maintenance: {window[1]}")] if window is not None else []
        if (silence := self.silenced.get(item.key_hash)) is not None:
            holds.append(silence)
        if not holds:
            return False
        if known.suppressed_until is None:
            self._detach(known)
            known.occurrences, known.first_seen = 0, self.now
        if known.holder is not None and not known.holder.security:
            # The key of a security incident stays with it: once the hold ends, it opens one again.
            known.holder = None
        known.suppressed_until, verdict.reason = max(holds)
        verdict.outcome, verdict.holder = Outcome.SUPPRESSED, None
        self._count(item, known, flapped=False)
        return True

    def _detach(self, known: AlertState) -> None:
        if known.holder is not None and known.occurrences:
            self.detached.append(DetachedCount(known.holder.id, known.occurrences, known.last_seen))

    def _place(self, item: BatchItem, decision: OpenDecision) -> tuple[IncidentRef, str | None]:
        """Draft a record, under the first fitting master, or as master of all its groups.

        Returns it with the rule that related it, or None.
        """
        security = decision.follows is not None and decision.follows.security
        holder = IncidentRef(
            0, "", State.LOGGED, priority=self.priority_of(item), security=security
        )
        draft = RecordDraft(holder, item, decision.reason, decision.follows)
        self.drafts.append(draft)
        if security:
            return holder, None
        groups = [self.groups[g] for g in self.memberships.get(item.key_hash, ())]
        for master, link_reason in (
            *self._ruled(item, groups),
            *self.correlated.causes(item.alert, item.key_hash),
        ):
            why = find_unfit_reason(master, holder)
            if why is None:
                holder.master, draft.link_reason, draft.proposed = master, link_reason, []
                return holder, link_reason.reason.removeprefix(
                    "rule: "
                ) if link_reason.rule else "dependency"
            if why is UnfitReason.MILDER:
                draft.proposed.append((master, link_reason))
        self._lead(holder, item)
        for group in groups:
            leader = group.master_at(self.now)
            if leader is None or find_unfit_reason(leader.top, holder):
                group.lead(holder, self.now)
        return holder, None

    def _ruled(
        self, item: BatchItem, groups: Sequence[RelateGroup]
    ) -> Iterator[tuple[IncidentRef, LinkReason]]:
        """Yield the masters of the item's groups, except groups that people took the key from."""
        for group in groups:
            master = group.master_at(self.now)
            if master is not None and (item.key_hash, group.hash) not in self.unlinked:
                yield master.top, LinkReason(f"rule: {group.rule}", 1.0, rule=True)

    def _lead(self, holder: IncidentRef, item: BatchItem) -> None:
        """Make a record a new master, and link downstream records and reports to it.

        Records that are more urgent are not linked; the link is proposed.
        """
        for effect, link_reason in list(self.correlated.effects(item.alert, self.now)):
            if find_unfit_reason(holder, effect) is not None:
                self.proposed.append((effect, holder, link_reason))
                continue
            effect.master = holder
            if (
                draft := next((one for one in self.drafts if one.holder is effect), None)
            ) is not None:
                draft.link_reason = link_reason
            else:
                self.moving[effect] = link_reason
        self.correlated.leads(item.alert, holder)

    def _storm_master(self, storm: RelateGroup, item: BatchItem) -> IncidentRef:
        """Return the master that takes the alerts of a storm; a security incident takes none."""
        master = storm.master
        if master is None or find_unfit_reason(
            master, IncidentRef(0, "", State.LOGGED, priority=master.priority)
        ):
            urgent = min(STORM_GRADE.priority, self.priority_of(item))
            master = IncidentRef(0, "", State.LOGGED, storm=True, priority=urgent)
            storm.lead(master, self.now)
            self.drafts.append(RecordDraft(master, item, "storm"))
        return master

    def _count(self, item: BatchItem, known: AlertState, *, flapped: bool) -> None:
        alert = item.alert
        if flapped:
            recent = (
                known.flapping_since is not None
                and self.now - known.flapping_since <= self.rules.flap_within
            )
            known.flaps = known.flaps + 1 if recent else 1
            known.flapping_since = known.flapping_since if recent else self.now
        if known.holder is not None and not known.firing:
            known.holder.firing += 1
        if alert.ends_at is not None and known.ends_at is None and known.holder is not None:
            self.alert_expiries[known.holder] = alert.ends_at
        if self.shown.get(item.key_hash) is not alert:
            words = texts_of_alert(alert)
            chatter = item.key_hash in self.chatty and words.severity == known.severity
            if alert.occurrence != known.occurrence or (words != known.words and not chatter):
                self._show(item, known)
        known.status, known.occurrence, known.ends_at = (
            AlertStatus.FIRING,
            alert.occurrence,
            alert.ends_at,
        )
        known.occurrences += 1
        known.last_seen = self.now
        known.fired_at = _newest(known.fired_at, alert.order_time(self.now))

    def _reword(self, item: BatchItem, known: AlertState, before: AlertTexts) -> None:
        """Update the record if the alert's texts changed, and raise its priority if need be."""
        if known.words == before:
            return
        holder = self._step(known, TextsChanged(item.source, item.alert, before))
        if not holder.id:
            holder.priority = min(holder.priority, self.priority_of(item))

    def _clear(self, alert: Alert, known: AlertState, decision: ClearDecision) -> None:
        assert known.holder is not None  # noqa: S101 - only what a record answers for is cleared
        known.holder.firing -= 1
        if decision.resolves:
            self._move(known, State.RESOLVED, BareStep.CLEAR)
        else:
            self._step(known, BareStep.SETTLE if decision.settling else BareStep.LEAVE)
        self._note(alert, known, decision)

    def _note(self, alert: Alert, known: AlertState, decision: Decision) -> None:
        """Remember a recovery even if it changes no record, so that a late firing is stale."""
        if (
            alert.status is AlertStatus.RESOLVED
            and not isinstance(decision, StaleDecision)
            and not alert.test
        ):
            stamped = alert.order_time(self.now)
            if (
                not known.firing
                and stamped is not None
                and (known.cleared_at is None or stamped > known.cleared_at)
            ):
                known.unmatched_at = stamped
            known.status = AlertStatus.RESOLVED
            known.cleared_at = _newest(known.cleared_at, stamped)
            known.ends_at = known.suppressed_until = None

    def _move(self, known: AlertState, state: State, step: BareStep) -> None:
        holder = self._step(known, step)
        holder.state = state
        holder.resolved_at = self.now if state is State.RESOLVED else None

    def _step(self, known: AlertState, step: AnyStep) -> IncidentRef:
        if known.holder is None:
            raise AssertionError("only a key with a record can be moved")
        self.steps.setdefault(known.holder, []).append(step)
        return known.holder


def _newest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
