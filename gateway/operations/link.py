"""Links between masters and related records, made by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may, visibility_of
from gateway.access.principal import Principal
from gateway.correlation import detaching, proposals, unlearning
from gateway.errors import Conflict, NotFound
from gateway.incidents import store
from gateway.incidents.hierarchy import BY_HAND, UnfitReason, find_unfit_reason
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import LIVE


async def link(
    uow: UnitOfWork,
    number: str,
    master: str,
    who: Principal,
    *,
    note: str = "",
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Make a record related to `master`; accept the proposals of that link.

    The record's own followers move along. A master that is less urgent than a record linked to
    it is raised in priority. Raises NotFound, Forbidden, VersionMismatch, and Conflict where
    master and record are the same, master is itself related, or the record would wait for it in
    silence.
    """

    async def work(tx: Transaction) -> Incident:
        record, above = await _both(tx, number, master, who, if_match)
        raise_if_refused(may(who, Action.LINK, record))
        below = await tx.locked([row[0] for row in await tx.conn.fetch(RELATED, record.id)])
        _check_master(above, (record, *below))
        await unlearning.forget_unlinked(tx.conn, (record, *below), above.id)
        await proposals.mark_proposals_taken(tx.conn, [record.id], above.id, who.name, tx.now)
        facts = {"master": above.number, "reason": BY_HAND, "score": 1.0, "note": note}
        revisions = [
            Revision(
                after=replace(one, master_id=above.id, link_reason=BY_HAND, link_score=1.0),
                actor=who.name,
                events=(("linked", facts),),
            )
            for one in (record, *below)
        ]
        open_ones = [one for one in (record, *below) if one.state in LIVE]
        if open_ones:
            revisions.append(
                detaching.raise_master_to_followers(uow.rules, above, open_ones, tx.now, who.name)
            )
        return (await tx.write(revisions))[0]

    return await run_once(uow, once, who, work)


REFUSED: Mapping[UnfitReason, str] = {
    UnfitReason.OVER: (
        "{master} is {state}: a record that is still open would wait for it in silence"
    ),
    UnfitReason.HIDDEN: (
        "{master} is a security incident: whoever works on {number} would not see what it waits for"
    ),
    UnfitReason.REQUEST: "{master} is a service request: an incident would wait for it in silence",
    UnfitReason.SUPPRESSED: "{master} is planned work: a record would wait for it in silence",
}
"""The error messages for masters that nothing may be linked to by hand.

A master that is only less urgent is raised in priority instead.
"""


def _check_master(master: Incident, followers: Sequence[Incident]) -> None:
    """Raise Conflict for a master that one of the records may not follow."""
    if master.master_id is not None:
        raise Conflict(f"{master.number} is itself related to a master: link to that one")
    for one in followers:
        hidden = master.security and not one.security
        why = UnfitReason.HIDDEN if hidden else find_unfit_reason(master, one)
        if why is not None and why in REFUSED:
            raise Conflict(
                REFUSED[why].format(master=master.number, state=master.state, number=one.number)
            )


RELATED = "SELECT id FROM incident WHERE master_id = $1 ORDER BY id"


async def _both(
    tx: Transaction, number: str, master: str, who: Principal, if_match: int | None
) -> tuple[Incident, Incident]:
    """Return both records, locked in id order so that linking crosswise cannot deadlock."""
    if number == master:
        raise Conflict("a record cannot be related to itself")
    found = {n: await store.by_number(tx.conn, n, visibility_of(who)) for n in (number, master)}
    if missing := [n for n, incident in found.items() if incident is None]:
        raise NotFound(f"no incident has the number {missing[0]}")
    for one in sorted(found, key=lambda n: found[n].id if (found[n]) else 0):  # type: ignore[union-attr]
        found[one] = await tx.lock(one, who, if_match if one == number else None)
    record, above = found[number], found[master]
    if record is None or above is None:
        raise NotFound(f"no incident has the number {number}")
    return record, above


async def unlink(
    uow: UnitOfWork,
    number: str,
    who: Principal,
    *,
    note: str = "",
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Undo a link, and remember it: similar records are not related to that master again.

    They are those of the same alert, words and sender. Raises NotFound, Forbidden,
    VersionMismatch, and Conflict for a record without a master.
    """

    async def work(tx: Transaction) -> Incident:
        record = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.UNLINK, record))
        if record.master_id is None:
            raise Conflict(f"{number} is not related to a master")
        await _unlearn(tx, record, record.master_id, who.name)
        after = replace(record, master_id=None, link_reason=None, link_score=None)
        facts = {"reason": record.link_reason, "note": note}
        alone = Revision(after=after, actor=who.name, events=(("unlinked", facts),))
        return (await tx.write([alone]))[0]

    return await run_once(uow, once, who, work)


UNLEARN = """
INSERT INTO unlinked (key_hash, group_hash, at, actor)
SELECT $1, g.group_hash, $3, $4 FROM relation_group g WHERE g.incident_id = $2
ON CONFLICT (key_hash, group_hash) DO NOTHING
"""


async def _unlearn(tx: Transaction, record: Incident, master_id: int, actor: str) -> None:
    await unlearning.remember_unlinked(tx.conn, record, master_id, actor, tx.now)
    if record.key_hash is not None:
        await tx.conn.execute(UNLEARN, record.key_hash, master_id, tx.now, actor)


async def refuse_link(
    uow: UnitOfWork,
    number: str,
    master: str,
    who: Principal,
    *,
    note: str = "",
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Refuse a proposed link, and remember it as an unlinked one is.

    Raises NotFound, Forbidden, VersionMismatch, and Conflict where that link is not proposed.
    """

    async def work(tx: Transaction) -> Incident:
        record, above = await _both(tx, number, master, who, if_match)
        raise_if_refused(may(who, Action.UNLINK, record))
        if not await proposals.mark_proposal_refused(
            tx.conn, record.id, above.id, who.name, tx.now
        ):
            raise Conflict(f"it is not proposed that {number} follows {master}")
        await _unlearn(tx, record, above.id, who.name)
        facts = {"master": above.number, "note": note}
        return (
            await tx.write(
                [Revision(after=record, actor=who.name, events=(("link_refused", facts),))]
            )
        )[0]

    return await run_once(uow, once, who, work)
