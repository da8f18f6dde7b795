"""The view `silent_incident`: open incidents of whose priority nobody was notified.

A message withheld from some does not excuse silence towards those who may see a security incident.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.access.principal import MachineRole, Principal
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.incidents import commands
from gateway.operations.actions.act import act
from gateway.operations.edit import edit
from gateway.operations.rules_in_force import apply_rules
from gateway.vocabulary import Impact, Urgency
from tests.support.clock import NOON, FakeClock
from tests.support.gateway_harness import GatewayHarness, gateway_harness
from tests.support.intake import settings
from tests.support.staff import hire

HAND = Principal(name="hand", parts=frozenset({MachineRole.WRITER, Role.SECURITY}))
BEN = Principal(name="ben", parts=frozenset({MachineRole.WRITER}))
SILENT = "SELECT number, cause FROM silent_incident"
REACHABLE = "UPDATE person SET email = login || '@example.com'"
OFFICER = "UPDATE person SET roles = ARRAY['security'] WHERE login = 'sally'"
REFUSED = "UPDATE outbox SET state = 'dead'"
UNTOLD = """
WITH entries AS (DELETE FROM timeline WHERE event = 'management_told')
DELETE FROM outbox WHERE template = 'escalated'
"""
SENT = "UPDATE outbox SET state = 'sent' WHERE recipient = 'sally'"


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(pool, database_url, clock, settings()) as furnished:
        await hire(pool, "net", "ben", "sally")
        await pool.execute(REACHABLE)
        await apply_rules(furnished.uow)
        yield furnished


async def silent(harness: GatewayHarness) -> dict[str, str]:
    return {row["number"]: row["cause"] for row in await harness.pool.fetch(SILENT)}


async def raised_security_incident(harness: GatewayHarness) -> str:
    """Create a security incident, raised to priority 2, of which its group is not notified."""
    told = await harness.say("odd login", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(harness.uow, told.number, commands.Assign(group="net"), HAND)
    await edit(harness.uow, told.number, {"security": True}, HAND)
    await edit(harness.uow, told.number, {"priority": 2}, HAND)
    assert '"silenced"' in " ".join(facts for _, facts in await harness.facts(told.number))
    return told.number


async def test_unreachable_security_incident_is_silent_despite_withheld_messages(
    harness: GatewayHarness,
) -> None:
    number = await raised_security_incident(harness)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {number: "unreachable"}


async def test_security_incident_is_not_silent_after_security_role_is_reached(
    harness: GatewayHarness,
) -> None:
    await harness.pool.execute(OFFICER)
    number = await raised_security_incident(harness)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {number: "unreachable"}
    await harness.pool.execute(SENT)
    assert await silent(harness) == {}


async def test_unassigned_security_incident_is_silent_without_security_staff(
    harness: GatewayHarness,
) -> None:
    told = await harness.say("odd login", impact=Impact.INDIVIDUAL, urgency=Urgency.LOW)
    assert await silent(harness) == {}
    await edit(harness.uow, told.number, {"security": True}, HAND)
    assert await silent(harness) == {told.number: "unreachable"}
    await act(harness.uow, told.number, commands.Acknowledge(), HAND)
    assert await silent(harness) == {}


async def test_vendor_escalation_of_notified_incident_is_not_silent(
    harness: GatewayHarness,
) -> None:
    told = await harness.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(harness.uow, told.number, commands.Assign(group="net"), HAND)
    harness.intake.clock.advance(timedelta(minutes=1))
    vendor = commands.Escalate(to="vendor", vendor="HP", note="needs parts")
    await act(harness.uow, told.number, vendor, HAND)
    assert await silent(harness) == {}


async def test_reassignment_to_same_group_is_not_silent(harness: GatewayHarness) -> None:
    told = await harness.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    for _ in range(2):
        await act(harness.uow, told.number, commands.Assign(group="net"), HAND)
        harness.intake.clock.advance(timedelta(minutes=1))
    assert await silent(harness) == {}


async def test_reassignment_from_vendor_is_silent_until_group_is_notified(
    harness: GatewayHarness,
) -> None:
    told = await harness.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    vendor = commands.Escalate(to="vendor", vendor="HP", note="needs parts")
    for command in (commands.Assign(group="net"), vendor, commands.Assign(group="net")):
        await act(harness.uow, told.number, command, HAND)
        harness.intake.clock.advance(timedelta(minutes=1))
    assert await silent(harness) == {}
    await harness.pool.execute("DELETE FROM outbox WHERE created_at > $1", NOON)
    assert await silent(harness) == {told.number: "untold"}


async def test_tier_3_escalation_is_silent_until_group_is_notified(harness: GatewayHarness) -> None:
    told = await harness.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(harness.uow, told.number, commands.Assign(group="net"), HAND)
    harness.intake.clock.advance(timedelta(minutes=1))
    await act(harness.uow, told.number, commands.Escalate(to="tier3", note="a bug"), HAND)
    assert await silent(harness) == {}
    await harness.pool.execute(UNTOLD)
    assert await silent(harness) == {told.number: "untold"}


async def accepted_as_mild(harness: GatewayHarness) -> str:
    """Create an incident that Ben accepted at priority 3 and of which no message arrives."""
    told = await harness.say("mail is slow", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(harness.uow, told.number, commands.Assign(group="net", person="ben"), HAND)
    await act(harness.uow, told.number, commands.Acknowledge(person="ben"), BEN)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {}
    return told.number


async def test_raised_priority_voids_earlier_acknowledgement(harness: GatewayHarness) -> None:
    number = await accepted_as_mild(harness)
    await edit(harness.uow, number, {"priority": 1}, HAND)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {number: "unreachable"}
    await edit(harness.uow, number, {"priority": 3}, HAND)
    assert await silent(harness) == {}
    await edit(harness.uow, number, {"priority": 2}, HAND)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {number: "unreachable"}
    await act(harness.uow, number, commands.Assign(group="net", person="ben"), HAND)
    await act(harness.uow, number, commands.Acknowledge(person="ben"), BEN)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {}


async def test_priority_raised_by_handler_keeps_acknowledgement(harness: GatewayHarness) -> None:
    number = await accepted_as_mild(harness)
    await edit(harness.uow, number, {"priority": 1}, BEN)
    await harness.pool.execute(REFUSED)
    assert await silent(harness) == {}


async def test_shelving_is_a_reason_for_silence_only_with_an_armed_end(
    harness: GatewayHarness,
) -> None:
    number = await raised_security_incident(harness)
    await harness.pool.execute(REFUSED)
    shelving = commands.Shelve(reason="a drill", until=NOON + timedelta(hours=1))
    boss = Principal(name="boss", parts=frozenset({Role.INCIDENT_MANAGER}))
    await act(harness.uow, number, shelving, boss)
    assert await silent(harness) == {}
    await harness.pool.execute("UPDATE timer SET armed = false WHERE kind = 10")
    assert await silent(harness) == {number: "unreachable"}
    await act(harness.uow, number, commands.Unshelve(), boss)
    assert number in await silent(harness)
