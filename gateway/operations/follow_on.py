"""Follow-on records: a closed record is never reopened, a new one is made that follows it."""

from dataclasses import replace

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.catalogue.routing import PEOPLE
from gateway.errors import Conflict
from gateway.incidents.follow_on import PredecessorRecord, continue_record
from gateway.incidents.record import Incident, Revision
from gateway.operations.create import STATED, NewReport, opening_revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import State

ENDED = frozenset({State.CLOSED, State.REJECTED})

TAKEN_OVER = STATED - {"source", "occurred_at"}
"""The fields that the new record takes over: how and when the old one came to be is not its own."""


async def follow_on(
    uow: UnitOfWork,
    number: str,
    who: Principal,
    *,
    note: str = "",
    once: IdempotencyKey | None = None,
) -> Incident:
    """Make a record like the closed one, with whoever handled that; both timelines say so.

    Raises NotFound, Forbidden, and Conflict for a record that has not ended: that one is refused
    or worked on.
    """

    async def work(tx: Transaction) -> Incident:
        old = await tx.lock(number, who)
        raise_if_refused(may(who, Action.FOLLOW_ON, old))
        if old.state not in ENDED:
            raise Conflict(
                f"{number} is {old.state}: only what is closed or rejected is followed by another "
                "record"
            )
        ids, numbers = await uow.reserve(1, uow.clock.stamp())
        report = NewReport(**{name: getattr(old, name) for name in TAKEN_OVER})
        first = opening_revision(uow, report, who, tx.now, ids[0], numbers[0])
        made = await tx.open(_given_on(first, old, tx, note))
        facts = {"number": made.number, "note": note}
        await tx.write([Revision(after=old, actor=who.name, events=(("followed_on", facts),))])
        return made

    return await run_once(uow, once, who, work)


def _given_on(revision: Revision, old: Incident, tx: Transaction, note: str) -> Revision:
    """Return the new record with a reference to the old one and its handler.

    It is routed anew where they may not see it.
    """
    (opened, facts), *told = revision.events
    events = (
        (opened, {**facts, "reason": "follow_on", "follows": old.number, "note": note}),
        *told,
    )
    before = PredecessorRecord(old.id, old.handler, old.assignee, old.assignee_group, old.tier)
    said, catalogue = replace(revision, events=events), tx.uow.catalogue
    if catalogue.may_have(said.after, before):
        return continue_record(said, before, tx.now)
    return catalogue.route(
        replace(said, after=replace(said.after, follows_id=old.id)), PEOPLE, tx.now
    )
