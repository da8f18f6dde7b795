"""Records are visible to those who may see them.

A security flag hides them even from the people who own or reported them.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.incidents.visibility import Visibility, has_security_role
from tests.incidents.test_lifecycle import an_incident
from tests.support.visibility import EVERYTHING

OWN = Visibility(names=("ann@example.com",))


@pytest.mark.parametrize("security", [False, True])
@pytest.mark.parametrize(
    "sight", [Visibility(ordinary=True), Visibility(security=True), EVERYTHING, Visibility()]
)
def test_ordinary_and_security_incidents_need_separate_permissions(
    sight: Visibility, *, security: bool
) -> None:
    allowed = sight.security if security else sight.ordinary
    assert sight.sees(an_incident(security=security)) is allowed


@pytest.mark.parametrize(
    "fields",
    [
        {"owner": "ann@example.com"},
        {"contact": "Ann@Example.com"},
        {"recorded_by": "ANN@example.com"},
    ],
)
def test_own_incident_is_visible_unless_security_flagged(fields: Mapping[str, Any]) -> None:
    assert OWN.sees(an_incident(**fields))
    assert not OWN.sees(an_incident(security=True, **fields))
    assert not Visibility(names=("bob@example.com",)).sees(an_incident(**fields))


def test_visibility_parameters_are_permissions_and_names() -> None:
    assert Visibility(ordinary=True, names=("ann",)).parameters() == (False, True, ["ann"])
    assert Visibility(security=True).parameters() == (True, False, [])


MAY_SEE = "SELECT may_see($1, $2, $3, $4, $5, $6, $7)"


async def test_sql_visibility_agrees_with_python(pool: Pool) -> None:
    names = ("", "Ann@Example.com", "bob")
    sights = [
        Visibility(ordinary=o, security=s, names=n)
        for o, s, n in product((False, True), (False, True), ((), ("ann@example.com",)))
    ]
    async with pool.acquire() as conn:
        for sight, security, *own in product(sights, (False, True), names, names, names):
            one = an_incident(security=security, recorded_by=own[0], owner=own[1], contact=own[2])
            asked = await conn.fetchval(MAY_SEE, security, *own, *sight.parameters())
            assert asked is bool(sight.sees(one)), (sight, security, own)


async def test_may_see_function_is_inlined_by_postgresql(pool: Pool) -> None:
    asked = (
        "EXPLAIN SELECT FROM incident "
        "WHERE may_see(security, recorded_by, owner, contact, false, true, '{}')"
    )
    plan = "\n".join(row[0] for row in await pool.fetch(asked))
    assert "may_see" not in plan


def test_only_incident_managers_and_security_see_security_incidents() -> None:
    assert {role for role in Role if has_security_role([role, "reporter"])} == {
        Role.INCIDENT_MANAGER,
        Role.SECURITY,
    }
