"""A person is known by each of their addresses, and by the roles that this release knows."""

import pytest

from gateway.access.principal import NOBODY, Machine, Who, a_person
from gateway.directory.roles import Role


def test_a_person_is_known_in_lower_case_by_login_mail_and_telephone() -> None:
    ann = a_person("Ann", "Ann@Example.com", "+861082303333", ["tier2", "of a newer release"], ["dba"])
    assert ann.identities == {"ann", "ann@example.com", "+861082303333"}
    assert (ann.name, ann.contact) == ("Ann", "Ann@Example.com")
    assert (ann.parts, ann.groups) == (frozenset({Role.TIER2}), frozenset({"dba"}))


def test_a_person_without_an_address_is_reached_by_login() -> None:
    ann = a_person("Ann", "", "", [])
    assert (ann.contact, ann.identities) == ("Ann", frozenset({"ann"}))


@pytest.mark.parametrize(
    ("who", "outside"),
    [
        (NOBODY, True),
        (a_person("ann", "", "", ["reporter"]), True),
        (a_person("ann", "", "", ["reporter", "tier2"]), False),
        (Who(name="key", parts=frozenset({Machine.READER})), False),
    ],
)
def test_only_who_merely_reports_is_an_outsider(who: Who, *, outside: bool) -> None:
    assert who.outsider is outside
