"""The rights to change who is on call."""

import pytest

from gateway.access.permissions import ALLOWED
from gateway.access.principal import MachineRole, Principal, principal_of_person
from gateway.directory.roles import Role
from gateway.oncall.schedule import Override
from gateway.operations.oncall.rights import may_override, may_plan
from tests.support.clock import NOON


def a_person(login: str, *roles: Role) -> Principal:
    return principal_of_person(login, f"{login}@example.com", "", roles)


ANN = a_person("ann", Role.TIER2)
NAMED_ANN = Principal(name="ann", parts=frozenset({MachineRole.WRITER}))


def an_override(*people: str, replaces: str | None = None) -> Override:
    return Override(id=1, starts_at=NOON, ends_at=NOON, people=people, replaces=replaces)


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (ANN, True),
        (NAMED_ANN, False),
        (a_person("bob", Role.TIER2), False),
        (a_person("bob", Role.ADMINISTRATOR), True),
        (a_person("bob", Role.INCIDENT_MANAGER), True),
    ],
)
def test_owner_and_planners_may_change_a_schedule(who: Principal, allowed: bool) -> None:
    assert (may_plan(who, "ann") == ALLOWED) is allowed


def test_schedule_without_owner_is_for_planners() -> None:
    assert may_plan(ANN, "") != ALLOWED
    assert may_plan(Principal(name=""), "") != ALLOWED


@pytest.mark.parametrize(
    ("override", "allowed"),
    [
        (an_override("bob", replaces="ann"), True),
        (an_override("ann", replaces="bob"), True),
        (an_override("ann", "bob", replaces="cec"), False),
        (an_override("bob", replaces="cec"), False),
        (an_override(replaces="ann"), False),
        (an_override("ann"), False),
    ],
)
def test_person_gives_and_takes_shifts_of_one_person(override: Override, allowed: bool) -> None:
    assert (may_override(ANN, "", override) == ALLOWED) is allowed
    assert may_override(NAMED_ANN, "", override) != ALLOWED
    assert may_override(a_person("m", Role.INCIDENT_MANAGER), "", override) == ALLOWED
