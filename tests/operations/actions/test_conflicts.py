"""Commands that contradict what is recorded are conflicts."""

from dataclasses import replace

import pytest

from gateway.directory.roles import Role
from gateway.errors import Conflict
from gateway.incidents import commands
from gateway.operations.actions.conflicts import check_kind, check_not_taken
from gateway.vocabulary import Kind
from tests.access.situations import SITUATIONS, who

TAKEN = replace(SITUATIONS["second"], handler="bob")


def test_record_of_somebody_else_is_not_acknowledged() -> None:
    with pytest.raises(Conflict) as refused:
        check_not_taken(TAKEN, commands.Acknowledge(), who(Role.TIER2))
    assert refused.value.facts["already_acked_by"] == "bob"
    check_not_taken(TAKEN, commands.Acknowledge(person="bob"), who(Role.TIER2))
    check_not_taken(SITUATIONS["second"], commands.Acknowledge(), who(Role.TIER2))


def test_closed_record_is_left_to_the_lifecycle() -> None:
    closed = replace(SITUATIONS["closed"], handler="bob")
    check_not_taken(closed, commands.Acknowledge(), who(Role.TIER2))


def test_record_without_a_claim_is_not_graded() -> None:
    with pytest.raises(Conflict):
        check_not_taken(TAKEN, commands.Grade(), who(Role.TIER2))


def test_service_request_is_not_declared_major() -> None:
    request = replace(TAKEN, kind=Kind.SERVICE_REQUEST)
    with pytest.raises(Conflict):
        check_kind(request, commands.DeclareMajor(reason="x"))
    check_kind(TAKEN, commands.DeclareMajor(reason="x"))
    check_kind(request, commands.Acknowledge())
