"""Conversions: a service request to an incident or external change, an incident to a request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.errors import Conflict
from gateway.incidents import commands, lifecycle
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import LIVE, Kind, RequestCategory

TO_CHANGE = "converted_to_change"
"""The resolution category of a request that went on as a change."""


async def convert(
    uow: UnitOfWork,
    number: str,
    who: Principal,
    *,
    change: tuple[str, Mapping[str, Any]] | None,
    note: str,
    category: RequestCategory | None = None,
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Convert a request to an incident, under an incident's policy from the moment it was recorded.

    With a `change` (system and reference) end it instead, as one that goes on there. With a
    `category` convert an incident to a request of that category.

    Raises NotFound, Forbidden, VersionMismatch, and Conflict for a record that is of that kind
    already, has ended, or cannot become a request.
    """

    async def work(tx: Transaction) -> Incident:
        request = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.CONVERT, request))
        if category is not None:
            return (await tx.write([_to_request(uow, request, category, who, note)]))[0]
        if request.kind != Kind.SERVICE_REQUEST or request.state not in LIVE:
            raise Conflict(f"{number} is no open service request")
        revision = (
            _to_incident(uow, request, who, note)
            if change is None
            else _to_change(request, change, who, tx, note)
        )
        return (await tx.write([revision]))[0]

    return await run_once(uow, once, who, work)


def _to_incident(uow: UnitOfWork, request: Incident, who: Principal, note: str) -> Revision:
    policy = uow.rules.policy_for(
        kind=Kind.INCIDENT,
        service=request.service,
        source=request.source,
        priority=request.priority,
    )
    after = replace(request, kind=Kind.INCIDENT, request_category=None, policy=policy.name)
    facts = {
        "to": Kind.INCIDENT,
        "policy": {"old": request.policy, "new": policy.name},
        "note": note,
    }
    return Revision(after=after, actor=who.name, events=(("converted", facts),))


def _to_request(
    uow: UnitOfWork, incident: Incident, category: RequestCategory, who: Principal, note: str
) -> Revision:
    if incident.kind != Kind.INCIDENT or incident.state not in LIVE:
        raise Conflict(f"{incident.number} is no open incident")
    if incident.key_hash is not None:
        raise Conflict(f"{incident.number} was opened by an alert: that is no request")
    if incident.major:
        raise Conflict(f"{incident.number} was declared a major incident: that is no request")
    kind = Kind.SERVICE_REQUEST
    policy = uow.rules.policy_for(
        kind=kind, service=incident.service, source=incident.source, priority=incident.priority
    )
    after = replace(incident, kind=kind, request_category=category, policy=policy.name)
    facts = {
        "to": kind,
        "request_category": category,
        "policy": {"old": incident.policy, "new": policy.name},
        "note": note,
    }
    return Revision(after=after, actor=who.name, events=(("converted", facts),))


def _to_change(
    request: Incident,
    change: tuple[str, Mapping[str, Any]],
    who: Principal,
    tx: Transaction,
    note: str,
) -> Revision:
    system, reference = change
    ended = lifecycle.apply_command(
        request, commands.Resolve(category=TO_CHANGE, note=note), who.name, tx.now
    )
    reference = {"type": "change", **reference}
    after = replace(ended.after, refs={**ended.after.refs, system: reference})
    facts = {"to": "change", "system": system, "reference": reference, "note": note}
    return replace(ended, after=after, events=(("converted", facts), *ended.events))
