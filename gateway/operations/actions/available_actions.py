"""The actions on a record, each allowed to somebody or refused with the reason. Pure.

Every command is tried with the same checks that refuse it when it is given, so there is no second
copy of the rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from gateway.access import authorization
from gateway.access.denial import DenialCause
from gateway.access.permissions import PermissionDenied
from gateway.access.principal import Principal
from gateway.errors import Conflict, Forbidden, IllegalTransition, Unprocessable
from gateway.incidents import commands as c
from gateway.incidents import lifecycle
from gateway.incidents.custom_fields import CustomFields, moments_of
from gateway.incidents.record import Incident
from gateway.incidents.releasing import Circumstances, release_command
from gateway.operations.actions.conflicts import check_kind, check_not_taken
from gateway.vocabulary import HoldReason, ShelvingEvent

Fixed = Mapping[str, Any]

VARIANTS: Mapping[str, tuple[Fixed, ...]] = {
    "escalate": ({"to": "tier3"}, {"to": "vendor"}),
}
"""The values of a body that decide which permission an action needs."""

NEEDED: Mapping[type[c.Command], Fixed] = {
    c.Assign: {"group": "-"},
    c.Hold: {"reason": HoldReason.AWAITING_USER},
    c.Note: {"note": "-"},
    c.Rate: {"satisfaction": 3},
    c.Shelve: {"reason": "-", "until_event": ShelvingEvent.REPLY},
}
"""The fields that a body cannot do without, with a value to try it with."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why an action is refused: a code, a sentence, and what it would be allowed for.

    `limits` are roles, locations or states, or the name of whoever has the record.
    """

    code: str
    detail: str
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """An action by its name in the API.

    `body` are the values that choose it among others of the name, `needs` the fields that must
    be sent besides, `fields_first` the custom fields that the record must have before.
    """

    name: str
    body: Fixed
    needs: tuple[str, ...]
    fields_first: tuple[str, ...]
    refusal: Refusal | None

    @property
    def allowed(self) -> bool:
        """Return whether the action is allowed."""
        return self.refusal is None


def available_actions(
    who: Principal, incident: Incident, around: Circumstances, fields: CustomFields, now: datetime
) -> tuple[AvailableAction, ...]:
    """Return all actions on the record, as they stand for somebody who may see it."""
    return tuple(_actions(who, incident, around, fields, now))


def _actions(
    who: Principal, incident: Incident, around: Circumstances, fields: CustomFields, now: datetime
) -> Iterator[AvailableAction]:
    for name, kind in lifecycle.ACTIONS.items():
        first = fields.missing(incident.kind, incident.fields, moments_of(kind))
        for fixed in VARIANTS.get(name, ({},)):
            needs, refusal = _tried(who, incident, around, kind, fixed, now)
            yield AvailableAction(name, fixed, needs, first, refusal)


def _tried(
    who: Principal,
    incident: Incident,
    around: Circumstances,
    kind: type[c.Command],
    fixed: Fixed,
    now: datetime,
) -> tuple[tuple[str, ...], Refusal | None]:
    """Return the fields that the command needs, and its refusal."""
    values = {**NEEDED.get(kind, {}), **fixed}
    while True:
        needs = tuple(name for name in values if name not in fixed)
        try:
            _try(who, incident, around, msgspec.convert(values, kind), now)
        except Unprocessable as error:
            lacking = error.flaws[0].pointer.removeprefix("/")
            values = {**values, lacking: "-"}
        except (Forbidden, IllegalTransition, Conflict) as error:
            return needs, _refusal(error, incident, kind)
        else:
            return needs, None


def _try(
    who: Principal, incident: Incident, around: Circumstances, command: c.Command, now: datetime
) -> None:
    """Raise the error with which the command is refused, in the order of `actions/act.py`."""
    authorization.check_before_assignment(who, command, incident)
    if isinstance(command, c.Decline | c.Release):
        authorization.check_involved(who, command, incident, told=around.told)
        lifecycle.check_state(incident, command)
        if isinstance(command, c.Release):
            command = release_command(incident, command, around.accepted, now)
    else:
        authorization.check_command(who, command, incident)
    check_not_taken(incident, command, who)
    check_kind(incident, command)
    lifecycle.apply_command(incident, command, who.name, now)


def _refusal(
    error: Forbidden | IllegalTransition | Conflict, incident: Incident, kind: type[c.Command]
) -> Refusal:
    match error:
        case Forbidden(facts={"denied": PermissionDenied() as denied}):
            limits = denied.limits
            if denied.cause is DenialCause.NOT_TAKEN:
                limits = (incident.handler,)
            return Refusal(denied.cause, error.detail, limits)
        case IllegalTransition():
            return Refusal("state", error.detail, tuple(sorted(lifecycle.TRANSITIONS[kind])))
        case _:
            return Refusal(str(error.facts["cause"]), error.detail, (incident.handler,))
