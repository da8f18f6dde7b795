"""The effects of each command on the fields of a record. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from gateway.errors import Flaw, Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.claims import mark_claim_reviewed
from gateway.incidents.declining import with_declined
from gateway.incidents.ledger import ClockEvent
from gateway.incidents.record import Incident
from gateway.incidents.shelving import shelve, unshelve
from gateway.vocabulary import Closure, HoldReason, Resolution, State, Tier


def change_incident(  # noqa: C901, PLR0911, PLR0912 - one arm a command
    incident: Incident, command: c.Command, actor: str, now: datetime
) -> Incident:
    """Return the incident with the fields that a command changes; the state stays.

    Raises Unprocessable if the command lacks a detail or contradicts itself.
    """
    match command:
        case c.Acknowledge(person=person):
            return _taken(incident, person or actor, now)
        case c.Unacknowledge():
            kept = "" if incident.assignee == incident.handler else incident.assignee
            return replace(incident, responded_at=None, handler=kept, assignee=kept)
        case c.Decline() | c.Release():
            return _declined(incident, actor)
        case c.UndoAccept():
            return _undone(incident, command)
        case c.Assign(group=group, person=person):
            return replace(
                incident,
                assignee_group=group,
                assignee=person,
                handler=person,
                tier=command.named_tier or Tier.SECOND,
            )
        case c.Return(group=group):
            times = incident.returned + 1
            return replace(
                incident,
                returned=times,
                assignee_group=group,
                assignee="",
                handler="",
                tier=Tier.DESK,
            )
        case c.Hold():
            return _held(incident, command, now)
        case c.Resume():
            return _released(incident)
        case c.Shelve():
            return shelve(incident, command, actor)
        case c.Unshelve():
            return unshelve(incident)
        case c.Escalate():
            return _escalated(incident, command)
        case c.Resolve(resolution=resolution, category=category, solution=solution):
            solved = replace(
                _ended(incident),
                resolution=resolution,
                solution=solution,
                resolution_category=category,
            )
            return replace(solved, resolved_at=now)
        case c.Clear():
            return replace(_ended(incident), resolution=Resolution.VANISHED, resolved_at=now)
        case c.Refuse() | c.FireAgain():
            return _open_again(incident)
        case c.Confirm(satisfaction=rating, note=said) | c.Close(satisfaction=rating, note=said):
            return replace(_rated(incident, rating, said), closure=Closure.MANUAL, closed_at=now)
        case c.Reject():
            return replace(unshelve(incident), closed_at=now, closure=Closure.MANUAL)
        case c.DeclareMajor(reason=reason):
            if not reason.strip():
                raise Unprocessable(
                    "say why it is major",
                    flaws=(Flaw("/reason", "is needed: managers are told it"),),
                )
            return replace(incident, major=True)
        case c.Rate(satisfaction=rating, note=said):
            return _rated(incident, rating, said)
        case c.CallBack():
            return replace(incident, called_back_at=now, called_back_by=actor)
        case c.Grade():
            return mark_claim_reviewed(incident)
        case c.Note():
            return incident
        case _:
            assert_never(command)


def _taken(incident: Incident, who: str, now: datetime) -> Incident:
    """Return the incident with its new handler; the first time counts as the response."""
    return replace(
        incident,
        responded_at=incident.responded_at or now,
        handler=who,
        assignee=incident.assignee or who,
        held_state=State.IN_PROGRESS if incident.state is State.ON_HOLD else incident.held_state,
    )


def _undone(incident: Incident, command: c.UndoAccept) -> Incident:
    """Return the incident as it was before its acceptance."""
    undone = replace(incident, handler=command.handler, assignee=command.assignee)
    return replace(undone, responded_at=None) if undoes_response(incident) else undone


def undoes_response(incident: Incident) -> bool:
    """Return whether the latest acceptance is the response, so that undoing it undoes that too."""
    accepted = [one.at for one in incident.ledger if one.event is ClockEvent.ACCEPT]
    return bool(accepted) and accepted[-1] == incident.responded_at


def _declined(incident: Incident, who: str) -> Incident:
    """Return the incident without this person, with its group, else its assignee or the desk."""
    marked = replace(incident, marks=with_declined(incident, who))
    if who not in (incident.handler, incident.assignee):
        return marked
    assignee = "" if incident.assignee == who else incident.assignee
    freed = replace(
        marked,
        assignee=assignee,
        handler=assignee if incident.handler == who else incident.handler,
    )
    given = freed.assignee_group or freed.assignee or freed.handler
    return freed if given or incident.state is State.ESCALATED else replace(freed, tier=Tier.DESK)


def _escalated(incident: Incident, command: c.Escalate) -> Incident:
    """Return the incident at tier 3 or with a vendor; raises Unprocessable.

    While a vendor has it, somebody here stays responsible.
    """
    if command.tier is Tier.THIRD:
        group = command.group or incident.assignee_group
        return replace(incident, tier=command.tier, assignee_group=group, handler=command.person)
    if not command.vendor:
        raise Unprocessable(
            "say which vendor gets it",
            flaws=(Flaw("/vendor", "is needed: its time is booked on it"),),
        )
    handler = command.person or incident.handler
    return replace(incident, tier=command.tier, third_party=command.vendor, handler=handler)


def _open_again(incident: Incident) -> Incident:
    """Return the incident reopened, without its solution."""
    again = replace(incident, reopened=incident.reopened + 1, resolution=None, resolved_at=None)
    return replace(
        again, solution="", resolution_category="", called_back_at=None, called_back_by=""
    )


def _held(incident: Incident, hold: c.Hold, now: datetime) -> Incident:
    if hold.until is not None and hold.until <= now:
        raise Unprocessable("a hold ends in the future: leave `until` out or name a later time")
    if hold.vendor and hold.reason is not HoldReason.AWAITING_VENDOR:
        raise Unprocessable(
            "only a hold for a vendor names one", flaws=(Flaw("/vendor", "leave it out"),)
        )
    held = replace(
        incident, hold_reason=hold.reason, hold_until=hold.until, held_state=incident.state
    )
    return replace(held, third_party=hold.vendor or incident.third_party)


def _rated(incident: Incident, rating: int | None, said: str) -> Incident:
    """Return the incident with the rating and its text, if a rating is given."""
    return (
        incident
        if rating is None
        else replace(incident, satisfaction=rating, satisfaction_text=said)
    )


def _released(incident: Incident) -> Incident:
    return replace(incident, hold_reason=None, hold_until=None, held_state=None)


def _ended(incident: Incident) -> Incident:
    """Return the incident that is worked on no longer, and so neither on hold nor shelved."""
    return unshelve(_released(incident))
