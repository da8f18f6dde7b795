"""The state transitions of a record by each command. Pure.

(incident, command, actor, now) make a Revision.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.errors import IllegalTransition
from gateway.incidents import commands as c
from gateway.incidents.claims import awaits_grading
from gateway.incidents.command_effects import change_incident, undoes_response
from gateway.incidents.declining import declined_by, without_declined
from gateway.incidents.ledger import RELEASED, ClockEvent, LedgerEntry
from gateway.incidents.record import Incident, Revision
from gateway.incidents.shelving import NO_END, SHELVED, UNSHELVED, ending_facts
from gateway.vocabulary import LIVE, ShelvingEnd, State, Tier

NEW, ASSIGNED, WORKING, HELD, RAISED = (
    State.LOGGED,
    State.ASSIGNED,
    State.IN_PROGRESS,
    State.ON_HOLD,
    State.ESCALATED,
)
RESOLVED, CLOSED, REJECTED = State.RESOLVED, State.CLOSED, State.REJECTED

SAME = None
"""A target: the command leaves the state as it is."""

BACK = "back"
"""A target: the state before the hold, or before the record was resolved by its alert."""

UNTAKEN = "untaken"
"""A target: the state before acceptance, assigned if the record has a group, else logged."""

FREED = "freed"
"""A target: the state before acceptance if the command leaves the record to nobody."""

UNDONE = "undone"
"""A target: the state that the command names."""

Target = State | str | None


def _from(states: frozenset[State] | tuple[State, ...], to: Target) -> dict[State, Target]:
    return dict.fromkeys(states, to)


TRANSITIONS: Mapping[type[c.Command], Mapping[State, Target]] = {
    c.Acknowledge: _from((NEW, ASSIGNED), WORKING) | _from((WORKING, HELD, RAISED), SAME),
    c.Unacknowledge: _from((WORKING,), UNTAKEN),
    c.Decline: _from((ASSIGNED, WORKING), FREED) | _from((NEW, RAISED), SAME),
    c.Release: _from((WORKING, RAISED), FREED),
    c.UndoAccept: _from((WORKING, RAISED), UNDONE),
    c.Assign: _from((NEW, ASSIGNED, WORKING, RAISED), ASSIGNED),
    c.Return: _from((ASSIGNED, WORKING), NEW),
    c.Hold: _from((NEW, ASSIGNED, WORKING, RAISED), HELD),
    c.Resume: _from((HELD,), BACK),
    c.Shelve: _from(LIVE, SAME),
    c.Unshelve: _from(LIVE, SAME),
    c.Escalate: _from((NEW, ASSIGNED, WORKING, RAISED), RAISED),
    c.Resolve: _from(LIVE, RESOLVED),
    c.Confirm: _from((RESOLVED,), CLOSED),
    c.Refuse: _from((RESOLVED,), WORKING),
    c.Close: _from((RESOLVED,), CLOSED),
    c.Reject: _from((NEW, ASSIGNED, WORKING), REJECTED),
    c.DeclareMajor: _from(LIVE | {RESOLVED}, SAME),
    c.Note: _from(tuple(State), SAME),
    c.Rate: _from((RESOLVED, CLOSED), SAME),
    c.CallBack: _from((RESOLVED, CLOSED), SAME),
    c.Grade: _from(LIVE, SAME),
    c.Clear: _from(LIVE, RESOLVED),
    c.FireAgain: _from((RESOLVED,), BACK),
}
"""The states in which each command is allowed, with the state it leads to."""

ACTIONS: Mapping[str, type[c.Command]] = {
    "acknowledge": c.Acknowledge,
    "assign": c.Assign,
    "accept": c.Acknowledge,
    "decline": c.Decline,
    "release": c.Release,
    "return": c.Return,
    "hold": c.Hold,
    "resume": c.Resume,
    "shelve": c.Shelve,
    "unshelve": c.Unshelve,
    "escalate": c.Escalate,
    "resolve": c.Resolve,
    "confirm": c.Confirm,
    "refuse": c.Refuse,
    "close": c.Close,
    "reject": c.Reject,
    "declare_major": c.DeclareMajor,
    "note": c.Note,
    "rate": c.Rate,
    "call_back": c.CallBack,
    "grade": c.Grade,
}
"""The commands of people by their names in the API."""


def allowed_actions(state: State) -> tuple[str, ...]:
    """Return the names of the commands that people may give in a state."""
    return tuple(name for name, command in ACTIONS.items() if state in TRANSITIONS[command])


def is_acknowledgeable(incident: Incident) -> bool:
    """Return whether acknowledging changes the record: nobody has accepted it at its tier."""
    row = TRANSITIONS[c.Acknowledge]
    return incident.state in row and (row[incident.state] is not SAME or not incident.handler)


def check_state(incident: Incident, command: c.Command) -> None:
    """Raise IllegalTransition if the command is not allowed in the state."""
    if incident.state not in TRANSITIONS[type(command)]:
        raise IllegalTransition(
            f"{incident.number} is {incident.state}: {_word(command)} is not possible; "
            f"possible are {', '.join(allowed_actions(incident.state))}",
            state=incident.state,
            allowed=allowed_actions(incident.state),
        )


NEW_ROUND = (c.Acknowledge, c.Assign, c.Return, c.Escalate, c.Refuse, c.FireAgain)
"""The commands after which those who declined the record are told of it again."""


def apply_command(incident: Incident, command: c.Command, actor: str, now: datetime) -> Revision:
    """Return the revision that a command makes.

    Raises IllegalTransition if the command is not allowed in the state. Acknowledging an
    acknowledged record, grading one without a claim, or unshelving one that is not shelved is no
    change: the revision has no events.
    """
    check_state(incident, command)
    row = TRANSITIONS[type(command)]
    if _changes_nothing(incident, command, actor):
        return Revision(after=incident, actor=actor, events=())
    now = max(now, incident.ledger[-1].at)
    after = replace(change_incident(incident, command, actor, now), updated_at=now)
    clock = _clock_entry(incident, command, now)
    if clock is not None:
        after = replace(after, ledger=(*incident.ledger, clock))
    if isinstance(command, NEW_ROUND):
        after = replace(after, marks=without_declined(after.marks))
    to = row[incident.state]
    if to is not SAME:
        after = replace(after, state=_state(incident, after, command, to))
    return Revision(
        after=after,
        actor=actor,
        events=((EVENTS[type(command)], _facts(incident, after, command)),),
        timers=(NO_END,) if isinstance(command, c.Unshelve) else (),
    )


def _changes_nothing(incident: Incident, command: c.Command, actor: str) -> bool:
    """Return whether the command is allowed in the state and finds nothing to change."""
    match command:
        case c.Grade():
            return not awaits_grading(incident)
        case c.Acknowledge():
            return not is_acknowledgeable(incident)
        case c.Decline():
            has_it = actor in (incident.handler, incident.assignee)
            return not has_it and actor in declined_by(incident)
        case c.Unshelve():
            return not incident.is_shelved
        case _:
            return False


EVENTS: Mapping[type[c.Command], str] = {
    c.Acknowledge: "accepted",
    c.Unacknowledge: "unacknowledged",
    c.Decline: "declined",
    c.Release: "released",
    c.UndoAccept: "released",
    c.Assign: "assigned",
    c.Return: "returned",
    c.Hold: "held",
    c.Resume: "resumed",
    c.Shelve: SHELVED,
    c.Unshelve: UNSHELVED,
    c.Escalate: "escalated",
    c.Resolve: "resolved",
    c.Confirm: "closed",
    c.Refuse: "reopened",
    c.Close: "closed",
    c.Reject: "rejected",
    c.DeclareMajor: "declared_major",
    c.Note: "note",
    c.Rate: "rated",
    c.CallBack: "called_back",
    c.Grade: "graded",
    c.Clear: "resolved",
    c.FireAgain: "reopened",
}
"""The slug of each command's entry in the timeline."""


def _word(command: c.Command) -> str:
    return next(
        (name for name, kind in ACTIONS.items() if kind is type(command)), EVENTS[type(command)]
    )


def _state(incident: Incident, after: Incident, command: c.Command, to: Target) -> State:
    if to == UNTAKEN:
        return ASSIGNED if incident.assignee_group else NEW
    if to == FREED:
        given = after.assignee_group or after.assignee
        kept = (after.handler, after.assignee) == (incident.handler, incident.assignee)
        return incident.state if kept else ASSIGNED if given else NEW
    if isinstance(command, c.UndoAccept):
        return command.state
    return _back(incident) if to == BACK else State(str(to))


def _back(incident: Incident) -> State:
    if incident.state is HELD:
        return incident.held_state or WORKING
    if incident.responded_at is not None:
        return WORKING
    given = incident.assignee or incident.assignee_group
    return ASSIGNED if given and incident.tier is not Tier.DESK else NEW


CLOCKS: Mapping[type[c.Command], ClockEvent] = {
    c.Acknowledge: ClockEvent.ACCEPT,
    c.UndoAccept: ClockEvent.REOPEN,
    c.Assign: ClockEvent.ASSIGN,
    c.Return: ClockEvent.RETURN,
    c.Hold: ClockEvent.HOLD,
    c.Resume: ClockEvent.RESUME,
    c.Escalate: ClockEvent.ESCALATE,
    c.Resolve: ClockEvent.RESOLVE,
    c.Reject: ClockEvent.RESOLVE,
    c.Clear: ClockEvent.RESOLVE,
    c.Refuse: ClockEvent.REOPEN,
    c.FireAgain: ClockEvent.REOPEN,
}
"""The clock event of each command; rejecting stops the clocks as resolving does."""


def _clock_entry(incident: Incident, command: c.Command, now: datetime) -> LedgerEntry | None:
    event = CLOCKS.get(type(command))
    if event is None or (isinstance(command, c.UndoAccept) and not undoes_response(incident)):
        return None
    tier = command.tier if isinstance(command, c.Escalate) else None
    if isinstance(command, c.Assign):
        tier = command.named_tier or Tier.SECOND
    if isinstance(command, c.Acknowledge):
        tier = incident.tier
    reason = command.reason if isinstance(command, c.Hold | c.Clear | c.FireAgain) else ""
    if isinstance(command, c.Escalate):
        reason = command.vendor
    if isinstance(command, c.UndoAccept):
        reason = RELEASED
    return LedgerEntry(now, event, tier, None, reason)


def _facts(before: Incident, after: Incident, command: c.Command) -> Mapping[str, Any]:
    facts: dict[str, Any] = {
        name: value
        for name in command.__struct_fields__
        if name != "related" and (value := getattr(command, name)) not in (None, "")
    }
    if isinstance(command, c.Assign) and command.named_tier is not None:
        facts["tier"] = command.named_tier
    if isinstance(command, c.Escalate):
        facts["to"] = command.tier
    if before.state is not after.state:
        facts["state"] = after.state
        facts["was"] = before.state
    if isinstance(command, c.Acknowledge):
        facts["person"] = after.handler
        facts |= {
            f"{name}_was": value
            for name in ("handler", "assignee")
            if (value := getattr(before, name))
        }
    if isinstance(command, c.Unshelve):
        facts |= ending_facts(before, ShelvingEnd.PERSON)
    return facts
