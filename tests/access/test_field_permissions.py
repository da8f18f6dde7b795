"""The permission to edit each field matches the table, cell by cell."""

import pytest

from gateway.access.field_permissions import FIELDS, may_edit
from gateway.access.permissions import (
    Allowed,
)
from gateway.access.principal import MachineRole, PrincipalRole
from gateway.directory.roles import Role
from tests.access.situations import PARTS, SITUATIONS, who

SOLVING = "solution resolution_category"

FIELD_CELLS: dict[PrincipalRole, tuple[str, str, str]] = {
    Role.REPORTER: ("", "", ""),
    Role.SERVICE_DESK: (
        " ".join(FIELDS - {"priority", *SOLVING.split()}),
        " ".join(FIELDS - {"priority", *SOLVING.split()}),
        f"{SOLVING} source third_party",
    ),
    Role.TIER2: (
        "",
        (
            "impact urgency category symptom scope service ci labels fields "
            "location description third_party"
        ),
        f"{SOLVING} third_party",
    ),
    Role.TIER3: ("", "", ""),
    Role.INCIDENT_MANAGER: (" ".join(FIELDS),) * 3,
    Role.LEADER: ("", "", ""),
    Role.ADMINISTRATOR: ("", "", ""),
    Role.SECURITY: ("", "", ""),
    MachineRole.READER: ("", "", ""),
    MachineRole.WRITER: (" ".join(FIELDS),) * 3,
}
"""The fields each role may edit while a record is at the service desk, in tier 2, and closed."""


@pytest.mark.parametrize("part", PARTS)
def test_every_field_is_editable_by_expected_roles(part: PrincipalRole) -> None:
    for situation, wanted in zip(("desk", "second", "closed"), FIELD_CELLS[part], strict=True):
        record = SITUATIONS[situation]
        assert {
            name for name in FIELDS if isinstance(may_edit(who(part), name, record), Allowed)
        } == set(wanted.split())
    third = {
        name
        for name in FIELDS
        if isinstance(may_edit(who(Role.TIER3), name, SITUATIONS["third"]), Allowed)
    }
    assert third == {
        "impact",
        "urgency",
        "category",
        "symptom",
        "scope",
        "ci",
        "labels",
        "fields",
        "location",
        "third_party",
    }
