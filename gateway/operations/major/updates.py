"""Status updates of a record, sent to all subscribers, with the time of the next one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import OPEN, Action, may
from gateway.access.principal import Principal
from gateway.errors import Conflict, Flaw, Unprocessable
from gateway.incidents.record import Incident, Notice, Revision, TimerChange
from gateway.operations.idempotency import IdempotencyKey, run_once
from gateway.operations.major.audience import Audience, load_audience
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import TimerKind


async def post_update(
    uow: UnitOfWork,
    number: str,
    text: str,
    next_due_at: datetime | None,
    who: Principal,
    *,
    if_match: int | None = None,
    once: IdempotencyKey | None = None,
) -> Incident:
    """Store an update with the record and queue it for every subscriber.

    It replaces the earlier promise of a next one. Raises NotFound, Forbidden, VersionMismatch,
    Conflict for a record that has ended, and Unprocessable.
    """

    async def work(tx: Transaction) -> Incident:
        incident = await tx.lock(number, who, if_match)
        raise_if_refused(may(who, Action.POST_UPDATE, incident))
        if incident.state not in OPEN:
            raise Conflict(f"{number} is {incident.state}: there is no more to be told of it")
        _check(text, next_due_at, tx.now)
        told = await load_audience(tx.conn, incident)
        return (await tx.write([_revision(incident, text, next_due_at, who, told)]))[0]

    return await run_once(uow, once, who, work)


def _check(text: str, next_due_at: datetime | None, now: datetime) -> None:
    if not text.strip():
        raise Unprocessable("an update says something", flaws=(Flaw("/text", "is empty"),))
    if next_due_at is not None and next_due_at <= now:
        raise Unprocessable(
            "the next update is due later than now",
            flaws=(Flaw("/next_update_due_at", "lies in the past"),),
        )


def _revision(
    incident: Incident, text: str, due: datetime | None, who: Principal, told: Audience
) -> Revision:
    promised = {} if due is None else {"next_update_due_at": due.isoformat()}
    facts: Mapping[str, Any] = {
        "text": text,
        **promised,
        "sent_to": tuple(told.locales),
        "not_sent_to": told.left_out,
    }
    said = {
        name: getattr(incident, name)
        for name in ("number", "title", "priority", "service", "state")
    }
    notices = tuple(
        Notice(
            cause=f"status_update#{incident.version + 1}",
            target=target,
            role="subscriber",
            template="status_update",
            facts={**said, "text": text, **promised, **_own(told, target, locale)},
        )
        for target, locale in told.locales.items()
    )
    timers = (TimerChange(TimerKind.STATUS_UPDATE, due),)
    return Revision(
        after=incident,
        actor=who.name,
        events=(("status_update", facts),),
        timers=timers,
        notices=notices,
    )


def _own(told: Audience, target: str, locale: str | None) -> Mapping[str, str]:
    """Return the facts that only one subscriber's message has: language and related record."""
    said = {"locale": locale, "about": told.about.get(target)}
    return {name: text for name, text in said.items() if text}
