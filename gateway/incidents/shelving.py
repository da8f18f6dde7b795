"""Shelving: for a while the gateway reminds nobody of a record, whose clocks run on. Pure.

Held are the messages that the gateway would send by itself: warnings and breaches, the ladder, a
claim that is not graded. They are owed again when the record returns. What people do to the
record, and a raise in its priority, is told as ever.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gateway.errors import Flaw, Unprocessable
from gateway.incidents.commands import Shelve
from gateway.incidents.record import (
    ACTOR,
    LEAST_URGENT_MAJOR_PRIORITY,
    Incident,
    Revision,
    TimerChange,
)
from gateway.vocabulary import ClockName, ShelvingEnd, ShelvingEvent, TimerKind

SHELVED, UNSHELVED = "shelved", "unshelved"
"""The events of the timeline, and the templates of the messages about them."""

FIRED_AGAIN = "fired_again"
"""The event that an alert of a shelved record, which had cleared, fires again."""

NO_END = TimerChange(TimerKind.SHELF_END, None)
"""The timer of a record that is not shelved any more."""


@dataclass(frozen=True, slots=True)
class ShelvingLimits:
    """The longest shelving, that of a P1, and the clocks whose breach is told nevertheless."""

    longest: timedelta = timedelta(days=7)
    longest_p1: timedelta = timedelta(hours=4)
    breaches: frozenset[ClockName] = frozenset()

    def longest_for(self, incident: Incident) -> timedelta:
        """Return the longest time for which the record may be shelved."""
        return min(self.longest, self.longest_p1) if incident.priority == 1 else self.longest


SHIPPED_LIMITS = ShelvingLimits()
"""The limits of the shipped configuration."""


def with_end(command: Shelve, incident: Incident, limits: ShelvingLimits, now: datetime) -> Shelve:
    """Return the command with the time at which the record returns at the latest.

    Raises Unprocessable for a command without reason or end, or with an end that is past or too
    far ahead.
    """
    flaws: list[Flaw] = []
    latest = now + limits.longest_for(incident)
    if not command.reason.strip():
        flaws.append(Flaw("/reason", "say why nobody needs to be reminded of it"))
    if command.until is None and command.until_event is None:
        flaws.append(Flaw("/until", "name a time, or an event in `until_event`"))
    if command.until is not None and command.until <= now:
        flaws.append(Flaw("/until", "lies in the past: name a later time"))
    if command.until is not None and command.until > latest:
        rank = f"P{incident.priority}"
        flaws.append(Flaw("/until", f"{latest.isoformat()} at the latest for a {rank}"))
    if flaws:
        raise Unprocessable("it cannot be shelved like this", flaws=tuple(flaws))
    return msgspec.structs.replace(command, until=command.until or latest)


def shelve(incident: Incident, command: Shelve, actor: str) -> Incident:
    """Return the record shelved by a command that has an end."""
    return replace(
        incident,
        shelved_until=command.until,
        shelved_by=actor,
        shelved_event=command.until_event,
        shelved_reason=command.reason,
        shelved_tells_reporter=command.tell_reporter,
    )


def unshelve(incident: Incident) -> Incident:
    """Return the record as one that is not shelved."""
    return replace(
        incident,
        shelved_until=None,
        shelved_by="",
        shelved_event=None,
        shelved_reason="",
        shelved_tells_reporter=False,
    )


def ending_facts(shelved: Incident, end: ShelvingEnd) -> dict[str, Any]:
    """Return the facts of the timeline about the end of a shelving."""
    return {
        "cause": end,
        "shelved_by": shelved.shelved_by,
        "until": shelved.shelved_until,
        "reason": shelved.shelved_reason,
        "tell_reporter": shelved.shelved_tells_reporter,
    }


def fired_again(incident: Incident) -> Revision:
    """Return the revision by an alert that had cleared and fires again while the record is open.

    That is worth an entry only where the record was shelved until then.
    """
    awaited = incident.shelved_event is ShelvingEvent.FIRED_AGAIN
    return Revision(after=incident, actor=ACTOR, events=((FIRED_AGAIN, {}),) if awaited else ())


def ending_of(revision: Revision) -> ShelvingEnd | None:
    """Return why a change returns the shelved record, None if it does not.

    A record that becomes a P1 or P2 or is declared major returns always: it was shelved as less.
    """
    before, after = revision.before, revision.after
    if before is None or not (before.is_shelved and after.is_shelved):
        return None
    events = {event for event, _ in revision.events}
    if "declared_major" in events:
        return ShelvingEnd.DECLARED_MAJOR
    awaited = after.shelved_event
    if after.priority < before.priority and (
        after.priority <= LEAST_URGENT_MAJOR_PRIORITY or awaited is ShelvingEvent.PRIORITY_RAISED
    ):
        return ShelvingEnd.PRIORITY_RAISED
    fired = awaited is ShelvingEvent.FIRED_AGAIN and FIRED_AGAIN in events
    return ShelvingEnd.FIRED_AGAIN if fired else None


def returned_by_reply(incident: Incident, actor: str) -> Revision:
    """Return the revision by a reply of the reporter; without events unless it was awaited."""
    if incident.shelved_event is not ShelvingEvent.REPLY:
        return Revision(after=incident, actor=actor, events=())
    ended = (UNSHELVED, ending_facts(incident, ShelvingEnd.REPLY))
    return Revision(after=unshelve(incident), actor=actor, events=(ended,), timers=(NO_END,))
