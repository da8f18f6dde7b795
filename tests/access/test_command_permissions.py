"""Tests of permissions beyond the table: required reasons and solutions, and tiers."""

from dataclasses import replace

import pytest

from gateway.access.authorization import (
    check_before_assignment,
    check_command,
    check_fields,
)
from gateway.access.principal import MachineRole
from gateway.directory.roles import Role
from gateway.errors import Forbidden, Unprocessable
from gateway.incidents import commands
from gateway.vocabulary import Resolution
from tests.access.situations import RECORD, SITUATIONS, who


def test_tier_2_reassignment_needs_reason_and_stays_in_tier_2() -> None:
    engineer, record = who(Role.TIER2), SITUATIONS["second"]
    check_command(engineer, commands.Assign(group="dba", note="it is the database"), record)
    with pytest.raises(Unprocessable):
        check_command(engineer, commands.Assign(group="dba", note=" "), record)
    with pytest.raises(Forbidden):
        check_command(engineer, commands.Assign(group="dba", tier="3", note="x"), record)
    with pytest.raises(Forbidden):
        check_command(engineer, commands.Assign(group="dba", note="x"), SITUATIONS["desk"])
    check_command(who(Role.SERVICE_DESK), commands.Assign(group="dba"), record)


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (commands.Return(), "/note"),
        (commands.Escalate(to="vendor", vendor="ACME", note=" "), "/note"),
        (commands.Reject(), "/note"),
        (commands.Resolve(), "/solution"),
        (commands.Resolve(resolution=Resolution.WORKAROUND, solution=" "), "/solution"),
    ],
)
def test_person_must_give_reason_or_solution_and_machine_need_not(
    command: commands.Command, pointer: str
) -> None:
    manager = replace(who(Role.INCIDENT_MANAGER), contact="ann@example.com")
    with pytest.raises(Unprocessable) as refused:
        check_before_assignment(manager, command, SITUATIONS["second"])
    assert [flaw.pointer for flaw in refused.value.flaws] == [pointer]
    check_before_assignment(who(MachineRole.WRITER), command, SITUATIONS["second"])


def test_cancelled_incident_needs_no_solution() -> None:
    manager = replace(who(Role.INCIDENT_MANAGER), contact="ann@example.com")
    check_before_assignment(
        manager, commands.Resolve(resolution=Resolution.CANCELLED), SITUATIONS["second"]
    )


def test_assignment_without_permission_is_forbidden() -> None:
    check_before_assignment(who(Role.TIER2), commands.Assign(group="dba"), SITUATIONS["second"])
    with pytest.raises(Forbidden):
        check_before_assignment(
            who(Role.REPORTER), commands.Assign(group="no such group"), replace(RECORD, owner="ann")
        )


def test_acknowledging_for_somebody_else_needs_another_permission() -> None:
    check_command(who(Role.TIER2), commands.Acknowledge(person="ann"), SITUATIONS["second"])
    with pytest.raises(Forbidden):
        check_command(who(Role.TIER2), commands.Acknowledge(person="bob"), SITUATIONS["second"])
    check_command(who(Role.SERVICE_DESK), commands.Acknowledge(person="bob"), SITUATIONS["second"])


def test_tier_3_may_escalate_to_vendor_only() -> None:
    check_command(
        who(Role.TIER3), commands.Escalate(to="vendor", vendor="ACME"), SITUATIONS["third"]
    )
    with pytest.raises(Forbidden):
        check_command(who(Role.TIER3), commands.Escalate(to="tier3"), SITUATIONS["third"])


def test_refused_field_change_has_a_pointer() -> None:
    with pytest.raises(Forbidden) as refused:
        check_fields(who(Role.SERVICE_DESK), ["priority", "title"], SITUATIONS["desk"])
    check_fields(who(Role.SERVICE_DESK), ["title"], SITUATIONS["desk"])
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/priority"]
