"""A person is identified by each of their addresses, and has the roles this release knows."""

import pytest

from gateway.access.principal import NOBODY, MachineRole, Principal, principal_of_person
from gateway.directory.roles import Role


def test_person_is_identified_by_login_email_and_phone_in_lower_case() -> None:
    ann = principal_of_person(
        "Ann", "Ann@Example.com", "+861082303333", ["tier2", "of a newer release"], ["dba"]
    )
    assert ann.identities == {"ann", "ann@example.com", "+861082303333"}
    assert (ann.name, ann.contact) == ("Ann", "Ann@Example.com")
    assert (ann.parts, ann.groups) == (frozenset({Role.TIER2}), frozenset({"dba"}))


def test_person_without_email_is_contacted_by_login() -> None:
    ann = principal_of_person("Ann", "", "", [])
    assert (ann.contact, ann.identities) == ("Ann", frozenset({"ann"}))


@pytest.mark.parametrize(
    ("who", "outside"),
    [
        (NOBODY, True),
        (principal_of_person("ann", "", "", ["reporter"]), True),
        (principal_of_person("ann", "", "", ["reporter", "tier2"]), False),
        (Principal(name="key", parts=frozenset({MachineRole.READER})), False),
    ],
)
def test_only_pure_reporter_or_nobody_is_outsider(who: Principal, *, outside: bool) -> None:
    assert who.is_outsider is outside
