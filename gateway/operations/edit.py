"""Edits of a record: each changed field is kept in the timeline with its old value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.access.authorization import check_fields
from gateway.access.principal import Principal
from gateway.errors import Flaw, Unprocessable
from gateway.incidents.claims import awaits_grading, claimed_priority, mark_claim_reviewed
from gateway.incidents.facts import facts_of, withhold_facts
from gateway.incidents.field_traits import Trait, fields_with
from gateway.incidents.grading import with_priority
from gateway.incidents.record import Incident, Notice, Revision
from gateway.operations.assignment import check_edit
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.major.audience import PERSON, check_workers, excluded_workers
from gateway.operations.reporter.answer_read import mark_answer_read
from gateway.operations.staff import staff_for
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import PRIORITIES


async def edit(
    uow: UnitOfWork,
    number: str,
    changes: Mapping[str, Any],
    who: Principal,
    *,
    note: str = "",
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Change fields of a record; `note` says why.

    A new impact or urgency sets the priority, unless one is given too. Of the custom `fields`
    only those named change. Raises NotFound, Forbidden, VersionMismatch, and Unprocessable for
    an invalid value. Changing nothing writes nothing.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        check_fields(who, changes, incident)
        _check_reason(incident, changes, who, note)
        revision = _revision(incident, changes, who.name, note, tx)
        await check_workers(tx.conn, incident, revision.after)
        if revision.after.security and not incident.security:
            revision = _withdrawn(
                revision,
                [one for one in await excluded_workers(tx.conn, revision.after) if one != who.name],
            )
        if not ASSIGNMENT_FIELDS.isdisjoint(changes):
            people = (revision.after.owner, revision.after.assignee)
            check_edit(
                incident, revision.after, await staff_for(tx.conn, revision.after.service, people)
            )
        written = await tx.write([mark_answer_read(revision, who, tx.now)])
        return written[0] if written else incident

    return await run_once(uow, once, who, work)


def _withdrawn(revision: Revision, shut_out: Sequence[str]) -> Revision:
    """Return the revision that takes a security incident away from those who may no longer see it.

    They are notified, and the timeline names them.
    """
    after = revision.after
    facts = withhold_facts(facts_of(after))
    notices = [
        Notice(
            cause=f"withdrawn#{after.version + 1}",
            target=f"{PERSON}{login}",
            role="handler",
            template="withdrawn",
            facts=facts,
        )
        for login in shut_out
    ]
    told = {"from": list(shut_out)} if shut_out else {}
    events = (*revision.events, ("withdrawn", told))
    return replace(revision, events=events, notices=(*revision.notices, *notices))


ASSIGNMENT_FIELDS = frozenset(fields_with(Incident, Trait.OWNERSHIP))
"""The fields that name people and groups."""

GRADES = frozenset({"priority", "impact", "urgency"})
"""The fields by which staff grade a reporter's claim, even if their values stay the same."""

REASONED_FIELDS = ("priority", "impact", "urgency", "category")
"""The fields whose change needs a reason by people."""


def _check_reason(
    incident: Incident, changes: Mapping[str, Any], who: Principal, note: str
) -> None:
    """Raise Unprocessable where a person must give a reason and has not.

    Machines need not: their own system holds the reason.
    """
    changed = [
        name
        for name in REASONED_FIELDS
        if name in changes and changes[name] != getattr(incident, name)
    ]
    if who.contact and changed and not note.strip():
        raise Unprocessable(
            f"say why {' and '.join(changed)} changes", flaws=(Flaw("/note", "is needed"),)
        )


def _revision(
    incident: Incident, changes: Mapping[str, Any], actor: str, note: str, tx: Transaction
) -> Revision:
    wanted, uow = dict(changes), tx.uow
    if "fields" in wanted:
        wanted["fields"] = uow.fields.merged(incident.kind, incident.fields, wanted["fields"])
    if ("impact" in wanted or "urgency" in wanted) and "priority" not in wanted:
        impact, urgency = (
            wanted.get("impact", incident.impact),
            wanted.get("urgency", incident.urgency),
        )
        service = wanted.get("service", incident.service)
        wanted["priority"] = uow.catalogue.judge(PRIORITIES[impact][urgency], service).priority
    judged: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    if awaits_grading(incident) and not GRADES.isdisjoint(changes):
        incident, judged = (
            mark_claim_reviewed(incident),
            (("graded", {"claimed_priority": claimed_priority(incident)}),),
        )
    different = {name: value for name, value in wanted.items() if getattr(incident, name) != value}
    if not different:
        return Revision(after=incident, actor=actor, events=judged)
    policy = uow.rules.policy_after(incident, replace(incident, **different))
    different |= {"policy": policy} if policy != incident.policy else {}
    after = replace(incident, **different)
    facts = {"changes": list(_listed(incident, different))} | ({"note": note} if note else {})
    events = (*judged, ("changed", facts))
    if "priority" not in different:
        return Revision(after=after, actor=actor, events=events)
    after = replace(with_priority(incident, after.priority, tx.now), **different)
    return Revision(after=after, actor=actor, events=events)


def _listed(incident: Incident, different: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each change with its old value; each custom field by itself."""
    for name, new in sorted(different.items()):
        old = getattr(incident, name)
        if name != "fields":
            yield {"field": name, "old": old, "new": new}
            continue
        for one in sorted({*old, *new}):
            if old.get(one) != new.get(one):
                yield {"field": f"fields.{one}", "old": old.get(one), "new": new.get(one)}
