"""A person is known by each of their addresses, and by the roles that this release knows."""

import pytest

from gateway.access.principal import NOBODY, Machine, Principal, person_principal
from gateway.directory.roles import Role


def test_person_is_identified_by_login_email_and_phone_in_lower_case() -> None:
    ann = person_principal("Ann", "Ann@Example.com", "+861082303333", ["tier2", "of a newer release"], ["dba"])
    assert ann.identities == {"ann", "ann@example.com", "+861082303333"}
    assert (ann.name, ann.contact) == ("Ann", "Ann@Example.com")
    assert (ann.parts, ann.groups) == (frozenset({Role.TIER2}), frozenset({"dba"}))


def test_person_without_email_is_contacted_by_login() -> None:
    ann = person_principal("Ann", "", "", [])
    assert (ann.contact, ann.identities) == ("Ann", frozenset({"ann"}))


@pytest.mark.parametrize(
    ("who", "outside"),
    [
        (NOBODY, True),
        (person_principal("ann", "", "", ["reporter"]), True),
        (person_principal("ann", "", "", ["reporter", "tier2"]), False),
        (Principal(name="key", parts=frozenset({Machine.READER})), False),
    ],
)
def test_only_pure_reporter_or_nobody_is_outsider(who: Principal, *, outside: bool) -> None:
    assert who.outsider is outside
