"""The view `silent_incident`: what was withheld from some is no reason for those who may see a security incident."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.access.principal import Machine, Who
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.incidents import commands
from gateway.operations.act import act
from gateway.operations.edit import edit
from gateway.operations.rules_in_force import apply_rules
from gateway.vocabulary import Impact, Tier, Urgency
from tests.support.clock import NOON, FakeClock
from tests.support.house import House, a_house
from tests.support.intake import settings
from tests.support.staff import hire

HAND = Who(name="hand", parts=frozenset({Machine.WRITER, Role.SECURITY}))
BEN = Who(name="ben", parts=frozenset({Machine.WRITER}))
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
async def house(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[House]:
    async with a_house(pool, database_url, clock, settings()) as furnished:
        await hire(pool, "net", "ben", "sally")
        await pool.execute(REACHABLE)
        await apply_rules(furnished.desk)
        yield furnished


async def silent(house: House) -> dict[str, str]:
    return {row["number"]: row["cause"] for row in await house.pool.fetch(SILENT)}


async def flagged(house: House) -> str:
    """A security incident of a group, raised to priority 2 since: the group may not hear of it."""
    told = await house.say("odd login", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(house.desk, told.number, commands.Assign(group="net"), HAND)
    await edit(house.desk, told.number, {"security": True}, HAND)
    await edit(house.desk, told.number, {"priority": 2}, HAND)
    assert '"silenced"' in " ".join(facts for _, facts in await house.facts(told.number))
    return told.number


async def test_a_security_incident_that_reaches_nobody_is_silent_whatever_was_withheld(house: House) -> None:
    number = await flagged(house)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {number: "unreachable"}


async def test_a_security_incident_is_not_silent_once_somebody_who_may_see_it_is_reached(house: House) -> None:
    await house.pool.execute(OFFICER)
    number = await flagged(house)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {number: "unreachable"}
    await house.pool.execute(SENT)
    assert await silent(house) == {}


async def test_a_mild_security_incident_that_nobody_has_is_silent_where_security_is_nobody(house: House) -> None:
    told = await house.say("odd login", impact=Impact.INDIVIDUAL, urgency=Urgency.LOW)
    assert await silent(house) == {}
    await edit(house.desk, told.number, {"security": True}, HAND)
    assert await silent(house) == {told.number: "unreachable"}
    await act(house.desk, told.number, commands.Acknowledge(), HAND)
    assert await silent(house) == {}


async def test_an_incident_that_goes_to_a_vendor_stays_with_the_group_that_was_told_of_it(house: House) -> None:
    told = await house.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(house.desk, told.number, commands.Assign(group="net"), HAND)
    house.intake.clock.advance(timedelta(minutes=1))
    vendor = commands.Escalate(to=Tier.VENDOR, vendor="HP", note="needs parts")
    await act(house.desk, told.number, vendor, HAND)
    assert await silent(house) == {}


async def test_giving_an_incident_to_the_same_group_again_leaves_it_told(house: House) -> None:
    told = await house.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    for _ in range(2):
        await act(house.desk, told.number, commands.Assign(group="net"), HAND)
        house.intake.clock.advance(timedelta(minutes=1))
    assert await silent(house) == {}


async def test_giving_back_what_a_vendor_had_is_silent_until_it_is_told(house: House) -> None:
    told = await house.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    vendor = commands.Escalate(to=Tier.VENDOR, vendor="HP", note="needs parts")
    for command in (commands.Assign(group="net"), vendor, commands.Assign(group="net")):
        await act(house.desk, told.number, command, HAND)
        house.intake.clock.advance(timedelta(minutes=1))
    assert await silent(house) == {}
    await house.pool.execute("DELETE FROM outbox WHERE created_at > $1", NOON)
    assert await silent(house) == {told.number: "untold"}


async def test_an_incident_that_goes_to_tier_3_is_silent_until_its_group_is_told(house: House) -> None:
    told = await house.say("printer", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(house.desk, told.number, commands.Assign(group="net"), HAND)
    house.intake.clock.advance(timedelta(minutes=1))
    await act(house.desk, told.number, commands.Escalate(to=Tier.THIRD, note="a bug"), HAND)
    assert await silent(house) == {}
    await house.pool.execute(UNTOLD)
    assert await silent(house) == {told.number: "untold"}


async def accepted_as_mild(house: House) -> str:
    """An incident that Ben accepted at priority 3; none of its messages arrives."""
    told = await house.say("mail is slow", impact=Impact.GROUP, urgency=Urgency.NORMAL)
    await act(house.desk, told.number, commands.Assign(group="net", person="ben"), HAND)
    await act(house.desk, told.number, commands.Acknowledge(person="ben"), BEN)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {}
    return told.number


async def test_who_accepted_a_mild_incident_has_not_heard_that_it_is_urgent_now(house: House) -> None:
    number = await accepted_as_mild(house)
    await edit(house.desk, number, {"priority": 1}, HAND)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {number: "unreachable"}
    await edit(house.desk, number, {"priority": 3}, HAND)
    assert await silent(house) == {}
    await edit(house.desk, number, {"priority": 2}, HAND)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {number: "unreachable"}
    await act(house.desk, number, commands.Assign(group="net", person="ben"), HAND)
    await act(house.desk, number, commands.Acknowledge(person="ben"), BEN)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {}


async def test_who_raised_what_they_work_on_knows_that_it_is_urgent(house: House) -> None:
    number = await accepted_as_mild(house)
    await edit(house.desk, number, {"priority": 1}, BEN)
    await house.pool.execute(REFUSED)
    assert await silent(house) == {}
