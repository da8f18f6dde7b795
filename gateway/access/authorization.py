"""From commands to rights: what is asked by a command, and what happens when it may not be. Pure."""

from collections.abc import Iterable, Mapping

from gateway.access.permissions import ALLOWED, Action, Allowed, Refused, may, may_edit
from gateway.access.principal import Principal
from gateway.errors import Flaw, Forbidden, Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.record import Incident
from gateway.vocabulary import Resolution, Tier

ASKS: Mapping[type[c.Command], Action] = {
    c.Acknowledge: Action.ACKNOWLEDGE,
    c.Assign: Action.ASSIGN,
    c.Return: Action.RETURN,
    c.Hold: Action.HOLD,
    c.Resume: Action.RESUME,
    c.Escalate: Action.ESCALATE,
    c.Resolve: Action.RESOLVE,
    c.Confirm: Action.CONFIRM,
    c.Refuse: Action.REFUSE,
    c.Close: Action.CLOSE,
    c.Reject: Action.REJECT,
    c.DeclareMajor: Action.DECLARE_MAJOR,
    c.Note: Action.NOTE,
    c.Rate: Action.RATE,
    c.CallBack: Action.CALL_BACK,
    c.Grade: Action.GRADE,
}
"""What each command of people asks for, before it is looked at more closely."""


def asked(command: c.Command, who: Principal) -> Action:
    """What the command asks for."""
    if isinstance(command, c.Acknowledge) and command.person not in ("", who.name):
        return Action.ACKNOWLEDGE_FOR
    if isinstance(command, c.Escalate) and command.to is Tier.VENDOR:
        return Action.ENGAGE
    return ASKS[type(command)]


def check_asking(who: Principal, command: c.Command, incident: Incident) -> None:
    """Raise Forbidden for whom no group or person would make it right, and Unprocessable without the reason it needs."""
    decision = may(who, asked(command, who), incident)
    if isinstance(command, c.Assign) and isinstance(decision, Refused) and may(who, Action.REASSIGN, incident) == ALLOWED:
        return
    refuse(decision)
    if who.contact:
        _check_words(command)


def _check_words(command: c.Command) -> None:
    """Raise Unprocessable where a person owes words; what a machine does, its own system has the reason for."""
    if isinstance(command, c.Return | c.Reject | c.Escalate) and not command.note.strip():
        raise Unprocessable("a reason is needed in `note`", flaws=(Flaw("/note", "is needed: whoever gets the record reads it"),))
    if isinstance(command, c.Resolve) and command.resolution in SOLUTIONS and not command.solution.strip():
        raise Unprocessable("say how it was solved", flaws=(Flaw("/solution", f"is needed for {command.resolution}"),))


SOLUTIONS = frozenset({Resolution.SOLVED, Resolution.WORKAROUND})
"""Resolutions that say what helped."""


def check(who: Principal, command: c.Command, incident: Incident) -> None:
    """Raise Forbidden when somebody may not do this, and Unprocessable where the reason they owe is missing."""
    decision = may(who, asked(command, who), incident)
    if isinstance(decision, Refused) and isinstance(command, c.Assign) and _passes_on(who, command, incident):
        if not command.note.strip():
            raise Unprocessable("say why it is passed on", flaws=(Flaw("/note", "needed inside tier 2"),))
        return
    refuse(decision)


def _passes_on(who: Principal, command: c.Assign, incident: Incident) -> bool:
    return (
        command.tier in (None, Tier.SECOND) and incident.tier is not Tier.DESK and may(who, Action.REASSIGN, incident) == ALLOWED
    )


def check_fields(who: Principal, fields: Iterable[str], incident: Incident) -> None:
    """Raise Forbidden, pointing at every field that somebody may not change."""
    refused = [(name, decision) for name in fields if isinstance(decision := may_edit(who, name, incident), Refused)]
    if refused:
        raise Forbidden(refused[0][1].reason, flaws=tuple(Flaw(f"/{name}", decision.reason) for name, decision in refused))


def refuse(decision: Allowed | Refused) -> None:
    """Raise Forbidden for a refusal."""
    if isinstance(decision, Refused):
        raise Forbidden(decision.reason)
