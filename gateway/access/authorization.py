"""The check of commands against the permission table. Pure."""

from collections.abc import Iterable, Mapping

from gateway.access.denial import DenialCause
from gateway.access.field_permissions import may_edit
from gateway.access.permissions import (
    ALLOWED,
    Action,
    Allowed,
    PermissionDenied,
    may,
)
from gateway.access.principal import Principal
from gateway.errors import Flaw, Forbidden, Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.record import Incident
from gateway.vocabulary import Resolution, Tier

REQUIRED_ACTIONS: Mapping[type[c.Command], Action] = {
    c.Acknowledge: Action.ACKNOWLEDGE,
    c.Assign: Action.ASSIGN,
    c.Decline: Action.DECLINE,
    c.Release: Action.RELEASE,
    c.Return: Action.RETURN,
    c.Hold: Action.HOLD,
    c.Resume: Action.RESUME,
    c.Shelve: Action.SHELVE,
    c.Unshelve: Action.UNSHELVE,
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
"""The action that each command needs, before its fields are considered."""


def required_action(command: c.Command, who: Principal) -> Action:
    """Return the action that the command needs."""
    if isinstance(command, c.Acknowledge) and command.person not in ("", who.name):
        return Action.ACKNOWLEDGE_FOR
    if isinstance(command, c.Escalate) and command.tier is Tier.VENDOR:
        return Action.ENGAGE
    return REQUIRED_ACTIONS[type(command)]


def check_before_assignment(who: Principal, command: c.Command, incident: Incident) -> None:
    """Raise Forbidden if the principal could not do this for any group or person.

    An assignment is let pass to whoever may assign again within tier 2. Raises Unprocessable
    where the command lacks the reason or solution it needs.
    """
    decision = may(who, required_action(command, who), incident)
    if (
        isinstance(command, c.Assign)
        and isinstance(decision, PermissionDenied)
        and may(who, Action.REASSIGN, incident) == ALLOWED
    ):
        return
    raise_if_refused(decision)
    if who.contact:
        _check_words(command)


def _check_words(command: c.Command) -> None:
    """Raise Unprocessable where a person must give a reason or solution and has not.

    Machines need not: their own system holds the reason.
    """
    if isinstance(command, c.Return | c.Reject | c.Escalate) and not command.note.strip():
        raise Unprocessable(
            "a reason is needed in `note`",
            flaws=(Flaw("/note", "is needed: whoever gets the record reads it"),),
        )
    if (
        isinstance(command, c.Resolve)
        and command.resolution in SOLUTIONS
        and not command.solution.strip()
    ):
        raise Unprocessable(
            "say how it was solved",
            flaws=(Flaw("/solution", f"is needed for {command.resolution}"),),
        )


SOLUTIONS = frozenset({Resolution.SOLVED, Resolution.WORKAROUND})
"""The resolutions that need a solution text."""


def check_command(who: Principal, command: c.Command, incident: Incident) -> None:
    """Raise Forbidden if the principal may not do this.

    Raises Unprocessable if the reason it needs is missing.
    """
    decision = may(who, required_action(command, who), incident)
    if (
        isinstance(decision, PermissionDenied)
        and isinstance(command, c.Assign)
        and _passes_on(who, command, incident)
    ):
        if not command.note.strip():
            raise Unprocessable(
                "say why it is passed on", flaws=(Flaw("/note", "needed inside tier 2"),)
            )
        return
    raise_if_refused(decision)


def _passes_on(who: Principal, command: c.Assign, incident: Incident) -> bool:
    return (
        command.named_tier in (None, Tier.SECOND)
        and incident.tier is not Tier.DESK
        and may(who, Action.REASSIGN, incident) == ALLOWED
    )


def check_involved(who: Principal, command: c.Command, incident: Incident, *, told: bool) -> None:
    """Raise Forbidden for somebody who declines what they were not `told` of and do not have.

    So it is for somebody who gives back what they did not take.
    """
    number = incident.number
    if isinstance(command, c.Decline):
        if not told and who.name not in (incident.handler, incident.assignee):
            reason = (
                f"you were not told of {number} and do not have it: there is nothing to decline"
            )
            raise_if_refused(PermissionDenied(reason, DenialCause.NOT_CALLED))
    elif isinstance(command, c.Release) and incident.handler != who.name:
        reason = f"you do not have {number}: {incident.handler or 'nobody'} has it"
        raise_if_refused(PermissionDenied(reason, DenialCause.NOT_TAKEN))


def check_fields(who: Principal, fields: Iterable[str], incident: Incident) -> None:
    """Raise Forbidden, with a flaw for every field that the principal may not change."""
    refused = [
        (name, decision)
        for name in fields
        if isinstance(decision := may_edit(who, name, incident), PermissionDenied)
    ]
    if refused:
        raise Forbidden(
            refused[0][1].reason,
            flaws=tuple(Flaw(f"/{name}", decision.reason) for name, decision in refused),
        )


def raise_if_refused(decision: Allowed | PermissionDenied) -> None:
    """Raise Forbidden if the decision is a refusal."""
    if isinstance(decision, PermissionDenied):
        raise Forbidden(decision.reason, denied=decision)
