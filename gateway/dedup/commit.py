"""The commit of one batch in one transaction: load and lock, decide, write.

Everything of a request commits together or not at all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from gateway.db.faults import Fault, classify
from gateway.db.pool import Connection
from gateway.dedup import load, save
from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.dedup.batch_items import BatchItem, ItemVerdict
from gateway.dedup.correlation_load import load_open_masters
from gateway.dedup.decide import DecisionRules
from gateway.dedup.deliveries import claim_deliveries_of, without_delivery_ids
from gateway.dedup.evidence import write_evidence
from gateway.dedup.fingerprint import key_hash
from gateway.dedup.groups import RelateGroup, groups_of
from gateway.dedup.maintenance import MaintenanceWindow
from gateway.dedup.plan import BatchPlan
from gateway.dedup.records import PlanWriter, RecordChanged
from gateway.dedup.repeat_fast_path import CacheOutdated, RepeatFastPath
from gateway.dedup.silences import SilenceJudge
from gateway.dedup.storms import Storms
from gateway.dedup.verdicts import decide_all
from gateway.incidents.alert import Alert
from gateway.incidents.changes import CommittedChanges
from gateway.receipts.submission import Receipt, RefusedItem, Submission
from gateway.settings import Dedup
from gateway.timing.clock import Clock
from gateway.vocabulary import AlertStatus, Outcome


@dataclass(slots=True)
class CommitResult:
    """The result of one commit, for the replies to senders, the timer wheel and the metrics."""

    receipts: list[Receipt] = field(default_factory=list)
    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    changes: CommittedChanges = field(default_factory=CommittedChanges)


class Committer:
    """A committer of batches, used by one task at a time."""

    def __init__(
        self,
        clock: Clock,
        dedup: Dedup,
        records: PlanWriter,
        silences: SilenceJudge,
        stored_per_day: int,
    ) -> None:
        self._clock, self._dedup, self._records, self._silences = clock, dedup, records, silences
        self._rules = DecisionRules(dedup.reopen_within, dedup.flap_limit, dedup.flap_within)
        self._windows = [MaintenanceWindow(window) for window in dedup.maintenance]
        self._storms = Storms(dedup.storm, stored_per_day)
        self._touch = RepeatFastPath(clock, self._storms.bodies)

    async def commit(self, conn: Connection, batch: Sequence[Submission]) -> CommitResult:
        """Commit a batch.

        Raises Moved if a record changed between reading and locking it, and any error of the
        database.
        """
        if (repeats := self._touch.repeats(batch)) is not None:
            try:
                receipts = await self._touch.commit(conn, repeats)
                return CommitResult(receipts, _tally(batch, receipts))
            except CacheOutdated:
                self._touch.forget(repeats)
        async with conn.transaction():
            committed, plan = await self._within(conn, batch)
        self._storms.count(plan)
        self._touch.learn(plan.known.values(), plan.names, plan.now)
        return committed

    async def commit_without_refused_items(
        self, conn: Connection, submission: Submission
    ) -> CommitResult:
        """Find by halving the items that the database refuses, quarantine them, commit the rest."""
        culprits = await self._culprits(conn, submission, submission.alerts)
        if not culprits:
            return await self.commit(conn, [submission])
        refused = tuple(
            RefusedItem(i, "the database refuses a value of this item", f"/{i}", submission.body)
            for i in culprits
        )
        kept = tuple((i, alert) for i, alert in submission.alerts if i not in culprits)
        return await self.commit(conn, [submission.with_items(kept, refused)])

    async def _culprits(
        self, conn: Connection, submission: Submission, alerts: Sequence[tuple[int, Alert]]
    ) -> set[int]:
        trial = submission.with_items(tuple(alerts), ())
        attempt = conn.transaction()
        await attempt.start()
        try:
            await self._within(conn, [trial])
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if classify(error) is not Fault.DATA:
                raise
        else:
            return set()
        finally:
            await attempt.rollback()
        if len(alerts) == 1:
            return {alerts[0][0]}
        middle = len(alerts) // 2
        first = await self._culprits(conn, submission, alerts[:middle])
        return first | await self._culprits(conn, submission, alerts[middle:])

    async def _within(
        self, conn: Connection, batch: Sequence[Submission]
    ) -> tuple[CommitResult, BatchPlan]:
        deliveries = (
            await claim_deliveries_of(conn, batch, self._clock.stamp())
            if any(s.delivery_key for s in batch)
            else None
        )
        items = [
            (place, index, _item(submission, alert))
            for place, submission in enumerate(batch)
            if deliveries is None or place not in deliveries.repeated
            for index, alert in submission.alerts
        ]
        plan = await self._load(conn, [item for _, _, item in items])
        deliveries = deliveries or without_delivery_ids(batch, plan.now)
        verdicts = decide_all(plan, [item for _, _, item in items])
        changes = await self._records.write(conn, plan)
        keys = await self._save_new(conn, plan, verdicts)
        decided = [
            (place, index, verdict)
            for (place, index, _), verdict in zip(items, verdicts, strict=True)
        ]
        receipts = await write_evidence(conn, deliveries, decided, keys, self._storms.bodies)
        return CommitResult(receipts, _tally(batch, receipts), changes), plan

    async def _load(self, conn: Connection, items: Sequence[BatchItem]) -> BatchPlan:
        """Lock the keys of a batch, then the groups of those keys that may open a record."""
        hashes = list({item.key_hash for item in items})
        now, known, held = await load.lock_keys(conn, hashes, self._clock.stamp())
        plan = BatchPlan(now, self._rules, self._dedup.reopen_within, known, self._windows)
        plan.priority_of = self._records.priority_of
        plan.chatty = self._touch.chatty(hashes)
        plan.names = {item.key_hash: item.alert.dedup_key for item in items}
        if held:
            await load.load_incident_refs(conn, held)
            for holder in _storms_clearing(plan, items):
                await load.count_firing(conn, holder, len(items) + 1)
        if opening := [item for item in items if _may_open(item, plan)]:
            plan.silenced = await self._silences.silenced(conn, opening, now)
            await self._load_groups(conn, plan, opening)
            topology, correlation = self._records.topology, self._dedup.correlation
            plan.correlated = await load_open_masters(
                conn, opening, topology, correlation, plan.loaded(), now
            )
        return plan

    async def _load_groups(
        self, conn: Connection, plan: BatchPlan, opening: Sequence[BatchItem]
    ) -> None:
        plan.storms = self._storms.storm_groups({item.integration_id for item in opening}, plan.now)
        for item in opening:
            found = [
                (g, rule)
                for g, rule in groups_of(
                    item.alert, item.source, item.integration_id, self._dedup.relate
                )
            ]
            plan.memberships[item.key_hash] = tuple(g for g, _ in found)
            plan.groups.update(
                (g, RelateGroup(g, rule.name, rule.within))
                for g, rule in found
                if g not in plan.groups
            )
        if plan.groups or plan.storms:
            groups = plan.groups | {group.hash: group for group in plan.storms.values()}
            await load.lock_groups(conn, groups, plan.loaded())
        if plan.groups:
            plan.unlinked = await load.load_unlinked(conn, plan.memberships, plan.groups)

    async def _save_new(
        self, conn: Connection, plan: BatchPlan, verdicts: Sequence[ItemVerdict]
    ) -> list[AlertState]:
        """Write the rare changes: new keys, changed alert texts, detached counts, group masters.

        Returns the stored keys that are to be written back. Raises Moved if another replica
        added one of the new keys.
        """
        items = {v.item.key_hash: v.item for v in verdicts if v.outcome is not Outcome.STALE}
        touched = [plan.known[key] for key in sorted(items) if plan.known[key].status]
        new = [(known, items[known.key_hash]) for known in touched if known.is_new]
        if new and not await save.insert_keys(conn, new):
            raise RecordChanged
        old = [known for known in touched if not known.is_new]
        if shown := [
            (known.key_hash, plan.shown[known.key_hash])
            for known in old
            if known.key_hash in plan.shown
        ]:
            await save.update_key_texts(conn, shown)
        if plan.detached:
            await save.add_detached_counts(conn, plan.detached)
        if groups := [g for g in (*plan.groups.values(), *plan.storms.values()) if g.changed]:
            await save.store_group_masters(conn, sorted(groups, key=lambda group: group.hash))
        return old


def _item(submission: Submission, alert: Alert) -> BatchItem:
    integration = submission.integration_id
    return BatchItem(
        integration,
        submission.source,
        alert,
        key_hash(integration, alert.namespace, alert.dedup_key),
    )


def _storms_clearing(plan: BatchPlan, items: Sequence[BatchItem]) -> set[IncidentRef]:
    """Return the storm masters of which an item of the batch may clear the last firing alert."""
    cleared = (
        plan.known[i.key_hash].holder for i in items if i.alert.status is AlertStatus.RESOLVED
    )
    return {holder for holder in cleared if holder is not None and holder.storm}


def _may_open(item: BatchItem, plan: BatchPlan) -> bool:
    holder = plan.known[item.key_hash].holder
    return item.alert.status is AlertStatus.FIRING and (holder is None or not holder.live)


def _tally(
    batch: Sequence[Submission], receipts: Sequence[Receipt]
) -> Counter[tuple[str, Outcome]]:
    return Counter(
        (s.source, result.outcome)
        for s, receipt in zip(batch, receipts, strict=True)
        for result in receipt.results
    )
