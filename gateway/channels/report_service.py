"""Reports from any channel, written in one transaction with their receipts.

A report opens a record or adds an entry to one; its outcome is written with the receipt.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import asyncpg
import structlog

from gateway.access.principal import Principal
from gateway.db.faults import Fault, classify
from gateway.dedup import save
from gateway.dedup.deliveries import ClaimedBatch, claim_deliveries_of
from gateway.errors import Unavailable
from gateway.incidents.follow_on import PredecessorRecord, continue_record
from gateway.incidents.record import Incident, Revision
from gateway.ingest.http import Submit
from gateway.observe.metrics import Metrics
from gateway.operations.create import NewReport, opening_revision
from gateway.operations.placement import open_correlated
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.quarantine import set_aside
from gateway.receipts.mended import WHOLE
from gateway.receipts.submission import ItemResult, Receipt, RefusedItem, Submission
from gateway.vocabulary import Outcome

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """The result of handling one report.

    `key` is its name in the receipt; `incident` is the record it belongs to. `aside` is the part
    of it that was put into quarantine.
    """

    key: str
    incident: Incident | None
    outcome: Outcome
    reason: str
    aside: set_aside.MailToSetAside | None = None


Work = Callable[[Transaction], Awaitable[ReportOutcome | ItemResult]]
"""A function that applies one delivery to the records.

It returns a Result where the same was received before by another name.
"""


@dataclass(frozen=True, slots=True)
class ReportService:
    """A service that takes reports of people in."""

    uow: UnitOfWork
    submit: Submit
    metrics: Metrics

    async def take(self, submission: Submission, work: Work) -> Receipt:
        """Write the report and return the committed receipt.

        A delivery received before changes nothing and gets the answer it got then. A report
        holding a value that the database refuses is in quarantine when this returns, as its
        outcome says. Raises Unavailable: nothing was, or may not have been, committed, and the
        same delivery sent again counts once.
        """
        try:
            receipt = await self.uow.within(lambda tx: _taken(tx, submission, work))
        except asyncpg.PostgresError as error:
            log.exception("report_refused_by_database", source=submission.source)
            if classify(error) is not Fault.DATA:
                raise Unavailable("the database did not take it: send again shortly") from error
            return await self.quarantine(submission, "the database refuses a value of this")
        for result in receipt.results:
            self.metrics.items(submission.source, result.outcome)
        return receipt

    async def quarantine(self, submission: Submission, problem: str) -> Receipt:
        """Keep a report that cannot be understood, to be examined and read again.

        It has a delivery name of its own, so that reading it again is not taken for the delivery
        that could not be read.
        """
        whole = RefusedItem(WHOLE, problem[:1_000], "", submission.body)
        name = f"quarantined:{sha256(submission.body).hexdigest()}"
        return await self.submit(
            Submission(
                submission.integration_id,
                submission.source,
                submission.body,
                submission.headers,
                (),
                (whole,),
                delivery_id=name,
            )
        )


async def _taken(tx: Transaction, submission: Submission, work: Work) -> Receipt:
    deliveries = await claim_deliveries_of(tx.conn, [submission], tx.now)
    if before := deliveries.repeated.get(0):
        return await _receipt(tx, deliveries, before, None)
    done = await work(tx)
    if isinstance(done, ItemResult):
        return await _receipt(tx, deliveries, (done,), None)
    if done.aside is not None:
        await set_aside.insert(
            tx.conn, deliveries.ids[0], submission, done.reason, done.aside, tx.now
        )
    number, incident_id = (
        (done.incident.number, done.incident.id) if done.incident is not None else (None, None)
    )
    return await _receipt(
        tx, deliveries, (ItemResult(done.key, number, done.outcome, done.reason),), incident_id
    )


async def _receipt(
    tx: Transaction,
    deliveries: ClaimedBatch,
    results: tuple[ItemResult, ...],
    incident_id: int | None,
) -> Receipt:
    """Write the receipt with its one outcome and return it."""
    submission, receipt_id = deliveries.batch[0], deliveries.ids[0]
    body = submission.body
    row = (
        receipt_id,
        submission.integration_id,
        submission.source,
        submission.delivery_id,
        len(results),
        0,
        deliveries.flags[0],
        len(body),
        body,
    )
    events = [
        (
            receipt_id,
            item,
            None,
            result.dedup_key,
            "",
            None,
            result.outcome,
            result.reason,
            incident_id,
        )
        for item, result in enumerate(results)
    ]
    await save.write_keys_and_receipts(tx.conn, [], [row], events, tx.now)
    if submission.mended:
        await save.mark_mended(tx.conn, [(receipt_id, submission.mended)], tx.now)
    return Receipt(receipt_id, results)


def outcome_of(incident: Incident) -> Outcome:
    """Return the outcome of a report that opened this record."""
    return Outcome.OPENED if incident.master_id is None else Outcome.RELATED


async def open_report(
    tx: Transaction,
    report: NewReport,
    who: Principal,
    said: Mapping[str, Any],
    earlier: Incident | None = None,
) -> Incident:
    """Open a record for a report.

    It becomes the child of an open master incident of the same trouble if there is one. It has
    no owner yet. `said` is added to the facts of its first timeline event. `earlier` is an ended
    record that this one follows: the new one goes to its handler, and is flagged as a security
    incident where that one was.
    """
    uow = tx.uow
    if earlier is not None and earlier.security:
        report = replace(report, security=True)
    ids, numbers = await uow.reserve(1, uow.clock.stamp())
    first = opening_revision(uow, report, who, tx.now, ids[0], numbers[0])
    (event, facts), *told = first.events
    facts = {**facts, **said} | ({"follows": earlier.number} if earlier else {})
    revision = replace(
        first, after=replace(first.after, owner="", recorded_by=""), events=((event, facts), *told)
    )
    if earlier is None:
        return await open_correlated(tx, revision)
    incident = await _opened_after(tx, revision, earlier)
    followed = ("followed_on", {"number": incident.number, "note": ""})
    await tx.write([Revision(after=earlier, actor=who.name, events=(followed,))])
    return incident


async def _opened_after(tx: Transaction, revision: Revision, earlier: Incident) -> Incident:
    """Open a record that follows an earlier one, assigned to the handler of that one.

    It is placed like any other report where the earlier one had no handler, or one who may not
    see it.
    """
    before = PredecessorRecord(
        earlier.id, earlier.handler, earlier.assignee, earlier.assignee_group, earlier.tier
    )
    if not earlier.handler or not tx.uow.catalogue.may_have(revision.after, before):
        return await open_correlated(
            tx, replace(revision, after=replace(revision.after, follows_id=earlier.id))
        )
    return await tx.open(continue_record(revision, before, tx.now))
