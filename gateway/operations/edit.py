"""Corrections of a record: each changed field is kept in the timeline with what it was."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.model import PRIORITIES
from gateway.incidents.record import Incident, Revision
from gateway.operations.allowing import check_fields
from gateway.operations.desk import Desk, Session
from gateway.operations.memory import Once, at_most_once
from gateway.operations.who import Who
from gateway.sla.timers import Rules


async def edit(
    desk: Desk,
    number: str,
    changes: Mapping[str, Any],
    who: Who,
    *,
    if_match: int | None = None,
    once: Once | None = None,
) -> Incident:
    """Change fields of a record. A new impact or urgency sets the priority by the matrix unless one is given too.

    Raises NotFound, Forbidden and VersionMismatch. Changing nothing writes nothing.
    """

    async def work(session: Session) -> Incident:
        incident = await session.lock(number, who, if_match)
        check_fields(who, changes, incident)
        written = await session.write([_revision(desk, incident, changes, who.name, session)])
        return written[0] if written else incident

    return await at_most_once(desk, once, who, work)


def _other_policy(rules: Rules, before: Incident, after: Incident) -> Mapping[str, str]:
    """Another policy where such a record would get another one; else the record keeps what it has."""
    was, now = (
        rules.policy_for(kind=one.kind, service=one.service, source=one.source, priority=one.priority).name
        for one in (before, after)
    )
    return {"policy": now} if now not in (was, before.policy) else {}


def _revision(desk: Desk, incident: Incident, changes: Mapping[str, Any], actor: str, session: Session) -> Revision:
    wanted = dict(changes)
    if ("impact" in wanted or "urgency" in wanted) and "priority" not in wanted:
        impact, urgency = wanted.get("impact", incident.impact), wanted.get("urgency", incident.urgency)
        service = wanted.get("service", incident.service)
        wanted["priority"] = desk.catalogue.judge(PRIORITIES[impact][urgency], service).priority
    different = {name: value for name, value in wanted.items() if getattr(incident, name) != value}
    if not different:
        return Revision(after=incident, actor=actor, events=())
    different |= _other_policy(desk.rules, incident, replace(incident, **different))
    now = max(session.now, incident.ledger[-1].at)
    after = replace(incident, **different)
    listed = [{"field": n, "old": getattr(incident, n), "new": v} for n, v in sorted(different.items())]
    events: tuple[tuple[str, Mapping[str, Any]], ...] = (("changed", {"changes": listed}),)
    if "priority" not in different:
        return Revision(after=after, actor=actor, events=events)
    entry = LedgerEntry(now, ClockEvent.SET_PRIORITY, priority=after.priority)
    after = replace(after, ledger=(*incident.ledger, entry))
    notices, told = desk.rules.escalation.opened(after)
    return Revision(after=after, actor=actor, events=events + told, notices=notices)
