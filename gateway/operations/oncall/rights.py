"""The rights to change who is on call. Pure.

Whoever plans shifts (`Action.PLAN_SHIFTS`) and the owner of a schedule may change all of it.
Everybody else may change who is on call only where the one who is on call afterwards is
themselves, or is told.
"""

from gateway.access.permissions import ALLOWED, Action, Allowed, PermissionDenied, may
from gateway.access.principal import Principal
from gateway.oncall.schedule import Override

ANOTHER = (
    "you may put somebody on call in your own place, or yourself in the place of somebody: "
    "an administrator, an incident manager or the owner of the schedule does more"
)


def may_plan(who: Principal, owner: str) -> Allowed | PermissionDenied:
    """Return whether the principal may change a schedule with this owner."""
    if owner and is_person(who, owner):
        return ALLOWED
    return may(who, Action.PLAN_SHIFTS)


def may_override(who: Principal, owner: str, override: Override) -> Allowed | PermissionDenied:
    """Return whether the principal may make or withdraw this override."""
    if may_plan(who, owner) == ALLOWED:
        return ALLOWED
    replaced = override.replaces or ""
    gives = is_person(who, replaced) and bool(override.people)
    takes = bool(replaced) and len(override.people) == 1 and is_person(who, override.people[0])
    return ALLOWED if gives or takes else PermissionDenied(ANOTHER)


def is_person(who: Principal, login: str) -> bool:
    """Return whether the principal is the person of that login; a machine is nobody."""
    return bool(login) and who.name == login and login in who.identities
