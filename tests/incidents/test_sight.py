"""Records are there for those who may see them, and a security flag hides them even from their own."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.incidents.sight import EVERYTHING, Sight
from tests.incidents.test_lifecycle import an_incident

OWN = Sight(names=("ann@example.com",))


@pytest.mark.parametrize("security", [False, True])
@pytest.mark.parametrize("sight", [Sight(ordinary=True), Sight(security=True), EVERYTHING, Sight()])
def test_ordinary_and_security_records_are_seen_by_a_right_of_their_own(sight: Sight, *, security: bool) -> None:
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
def test_a_record_of_ones_own_is_seen_unless_it_is_flagged(fields: Mapping[str, Any]) -> None:
    assert OWN.sees(an_incident(**fields))
    assert not OWN.sees(an_incident(security=True, **fields))
    assert not Sight(names=("bob@example.com",)).sees(an_incident(**fields))


def test_statements_ask_by_the_same_rights_and_names() -> None:
    assert Sight(ordinary=True, names=("ann",)).parameters() == (False, True, ["ann"])
    assert Sight(security=True).parameters() == (True, False, [])
